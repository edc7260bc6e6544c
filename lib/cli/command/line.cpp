#include "cli/command/line.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <iterator>
#include <map>
#include <utility>

namespace rt::cli {
namespace {

using Rows = std::map<const CLI::Option*, const OptionRow*>;

// CLI11 takes "--name= next" for "--name next" and "--name={}" for "--name". No argument can hold
// a NUL, so one behind the text marks every "--name=value" until unmark() takes it off again.
constexpr char kMark = '\0';

std::string marked(std::string argument) {
  if (argument.starts_with("--") && argument.find('=') != std::string::npos) argument += kMark;
  return argument;
}

bool unmark(std::string& argument) {
  if (argument.empty() || argument.back() != kMark) return false;
  argument.pop_back();
  return true;
}

bool takes_value_from(const OptionRow& row, std::string_view argument) {
  if (!takes_value(row)) return false;
  if (argument.starts_with("--")) {
    const auto name = argument.substr(2);
    return name == row.name || name == row.alias;
  }
  return row.letter != '\0' && argument.size() > 1 && argument.front() == '-' &&
         argument.back() == row.letter;
}

Rows declare(CLI::App& app, Program program) {
  Rows rows;
  app.set_help_flag();
  app.allow_extras();
  for (const OptionRow& row : option_table()) {
    if (!applies(row, program)) continue;
    std::string names;
    if (row.letter != '\0') names = std::string{'-', row.letter} + ",";
    if (!row.name.empty()) names += "--" + std::string(row.name) + ",";
    if (!row.alias.empty()) names += "--" + std::string(row.alias) + ",";
    names.pop_back();
    // Exactly one value for each time: more would swallow the URL, and extra arguments allowed
    // would split '[1,2]'.
    CLI::Option* option = takes_value(row)
                              ? app.add_option(names, CLI::callback_t())->type_size(1)->expected(1)
                              : app.add_flag(names);
    option->allow_extra_args(false)->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
    rows.emplace(option, &row);
  }
  return rows;
}

// CLI11 gives up only where the arguments end before a value: the last one is the culprit.
Error missing_value(Program program, const std::vector<std::string>& arguments) {
  const std::string last = arguments.empty() ? std::string() : arguments.back();
  const OptionRow* row = without_value(program, arguments);
  if (row == nullptr) return Error(Fault::usage, last + " needs a value");
  const std::string spelling = last.starts_with("--") ? last : std::string{'-', row->letter};
  return Error(Fault::usage,
               spelling + " needs a value: " + spelling + " " + std::string(row->value));
}

Result<Occurrence> occurrence(const OptionRow& row, std::string text) {
  const bool equals = unmark(text);
  if (takes_value(row)) return Occurrence{&row, std::move(text)};
  if (!equals) return Occurrence{&row, std::nullopt};
  if (row.arity != Arity::optional_value) {
    return Error(Fault::usage, spelling_of(row) + " takes no value: leave out \"=" + text + "\"");
  }
  return Occurrence{&row, std::move(text)};
}

// An end of a relay may have options of its own behind it, so the order of both is wanted. One
// option for each, as a list would split "[1,2]".
void declare_positionals(CLI::App& app, std::size_t number) {
  for (std::size_t i = 0; i < number; ++i)
    app.add_option("argument" + std::to_string(i), CLI::callback_t())
        ->type_size(1)
        ->expected(1)
        ->allow_extra_args(false);
}

void take_extras(const CLI::App& app, CommandLine& line) {
  bool positional_only = false;
  for (std::string& extra : app.remaining()) {
    unmark(extra);
    if (!positional_only && extra == "--") {
      positional_only = true;
    } else if (!positional_only && extra.size() > 1 && extra.front() == '-') {
      line.unknown.push_back(std::move(extra));
    } else {
      line.positionals.push_back(std::move(extra));
    }
  }
}

}  // namespace

const OptionRow* without_value(Program program, const std::vector<std::string>& arguments) {
  if (arguments.empty()) return nullptr;
  for (const OptionRow& row : option_table()) {
    if (applies(row, program) && takes_value_from(row, arguments.back())) return &row;
  }
  return nullptr;
}

Result<CommandLine> take_apart(Program program, std::vector<std::string> arguments) {
  CLI::App app;
  const Rows rows = declare(app, program);
  if (program == Program::rtrelay) declare_positionals(app, arguments.size());
  std::vector<std::string> reversed;
  reversed.reserve(arguments.size());
  std::transform(arguments.rbegin(), arguments.rend(), std::back_inserter(reversed), marked);
  try {
    app.parse(std::move(reversed));
  } catch (const CLI::ParseError&) {
    return missing_value(program, arguments);
  }
  CommandLine line;
  line.arguments = std::move(arguments);
  std::map<const CLI::Option*, std::size_t> taken;
  for (const CLI::Option* option : app.parse_order()) {
    if (option->get_positional()) {
      line.positionals.push_back(option->results().front());
      unmark(line.positionals.back());
      continue;
    }
    auto given = occurrence(*rows.at(option), option->results().at(taken[option]++));
    if (!given) return given.error();
    given->behind = line.positionals.size();
    line.options.push_back(std::move(*given));
  }
  take_extras(app, line);
  return line;
}

}  // namespace rt::cli
