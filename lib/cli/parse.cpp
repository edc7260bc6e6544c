#include "cli/parse.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>
#include <vector>

#include "base/text.hpp"
#include "cli/command_line.hpp"
#include "cli/generate.hpp"
#include "cli/help.hpp"
#include "cli/option_table.hpp"
#include "cli/take_arguments.hpp"

namespace rt {
namespace {

using namespace cli;

std::optional<Verb> verb_named(Program program, std::string_view name) {
  for (const Verb verb : verbs_of(program)) {
    if (name_of(verb) == name) return verb;
  }
  return std::nullopt;
}

// Told apart from a misspelt verb: no verb has a digit, a dot, a colon or a slash.
bool looks_like_address(std::string_view text) {
  return text == "localhost" || text.find_first_of("0123456789.:/") != std::string_view::npos;
}

bool looks_like_endpoint(std::string_view text) {
  return text.empty() || text == "-" || looks_like_address(text);
}

std::string listed(const std::vector<std::string_view>& names) {
  std::string text;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (i != 0) text += i + 1 == names.size() ? " or " : ", ";
    text += names[i];
  }
  return text;
}

std::string shown_value(const std::string& value) {
  return value.empty() ? "''" : printable(value);
}

// What can be written where the verb stands.
std::vector<std::string_view> verb_names(Program program) {
  if (program == Program::rtrelay) return {"FROM TO", "serve"};
  std::vector<std::string_view> names;
  for (const Verb verb : verbs_of(program)) names.push_back(name_of(verb));
  return names;
}

// For errors that tell the verbs of a program apart.
std::string called(Program program, Verb verb) {
  return command_of(program, verb) + (verb == Verb::relay ? " FROM TO" : "");
}

constexpr std::array kPrograms = {Program::rtpoll, Program::rtsse, Program::rtws, Program::rtmqtt,
                                  Program::rtrelay};

bool truthy(std::string_view text) {
  return text == "1" || iequals(text, "true") || iequals(text, "yes") || iequals(text, "on");
}

bool falsy(std::string_view text) {
  return text == "0" || iequals(text, "false") || iequals(text, "no") || iequals(text, "off");
}

// An option that a variable gives.
struct Inherited {
  const OptionRow* row = nullptr;
  std::string variable;
  std::string value;
};

// Turns one command line and its environment into Options.
class Interpreter {
 public:
  Interpreter(Program program, const EnvironmentLookup& environment, std::size_t columns)
      : program_(program), environment_(environment), columns_(columns) {}

  ParseOutcome run(CommandLine line) {
    line_ = std::move(line);
    find_verb();
    if (auto answer = asked_for()) return std::move(*answer);
    if (!line_.unknown.empty()) return unknown_option(line_.unknown.front());
    if (!verb_) return no_verb();
    options_.verb = *verb_;
    for (const auto step :
         {&Interpreter::check_given, &Interpreter::inherit, &Interpreter::apply_given,
          &Interpreter::check_needs, &Interpreter::take_positionals}) {
      if (auto done = (this->*step)(); !done) return done.error();
    }
    inherit_password();
    return std::move(options_);
  }

 private:
  Error usage(std::string text) const { return Error(Fault::usage, std::move(text)); }

  std::string command() const { return command_of(program_, verb_); }
  std::string see_help() const { return " (" + command() + " --help)"; }

  void find_verb();
  std::optional<ParseOutcome> asked_for() const;
  Error unknown_option(std::string_view typed) const;
  Error no_verb() const;

  Result<void> check_given();
  Result<void> inherit();
  Result<void> apply_given();
  Result<void> check_needs();
  Result<void> take_positionals();
  void inherit_password();

  Error misplaced(const OptionRow& row) const;
  bool given(std::string_view name) const;
  bool contradicted(const OptionRow& row) const;
  std::optional<std::string> variable(const std::string& name) const;
  Result<void> apply_inherited(const Inherited& inherited);

  Program program_;
  const EnvironmentLookup& environment_;
  std::size_t columns_;
  CommandLine line_;
  std::optional<Verb> verb_;
  Options options_;
};

// Takes the verb off the positional arguments.
void Interpreter::find_verb() {
  auto& arguments = line_.positionals;
  if (arguments.empty()) {
    if (program_ == Program::rtrelay && given("from")) verb_ = Verb::relay;
    return;
  }
  verb_ = verb_named(program_, arguments.front());
  if (verb_) {
    arguments.erase(arguments.begin());
  } else if (program_ == Program::rtws && looks_like_address(arguments.front())) {
    verb_ = Verb::pipe;
  } else if (program_ == Program::rtrelay &&
             (looks_like_endpoint(arguments.front()) || given("from"))) {
    verb_ = Verb::relay;
  }
}

std::optional<ParseOutcome> Interpreter::asked_for() const {
  for (const Occurrence& option : line_.options) {
    const OptionRow& row = *option.row;
    if (row.binding.apply != nullptr) continue;
    if (row.name == "version") return TextToPrint{version_text(program_)};
    if (row.name == "generate") {
      const std::string format = option.value.value_or("");
      if (const auto face = face_named(format)) return TextToPrint{generate(program_, *face)};
      const auto names = split(row.choices, ' ');
      return usage(spelling_of(row) + " " + shown_value(format) + ": must be " + listed(names) +
                   see_help());
    }
    const auto detail = row.name == "help" ? HelpDetail::full : HelpDetail::brief;
    return TextToPrint{render(help_sections(program_, verb_, detail), columns_)};
  }
  return std::nullopt;
}

Error Interpreter::misplaced(const OptionRow& row) const {
  std::vector<std::string> places;
  for (const Program program : kPrograms) {
    if (!applies(row, program)) continue;
    const bool here = program == program_;
    if (!here && applies(row, program_)) continue;
    if (!here) places.emplace_back(name_of(program));
    for (const Verb verb : verbs_of(program)) {
      if (here && applies(row, program, verb)) places.push_back(called(program, verb));
    }
  }
  return usage(spelling_of(row) + " is an option of " + listed({places.begin(), places.end()}) +
               ", not of " + (verb_ ? called(program_, *verb_) : command()) + see_help());
}

Error Interpreter::unknown_option(std::string_view typed) const {
  const bool is_long = typed.starts_with("--");
  const auto bare = typed.substr(is_long ? 2 : 1);
  const auto spelt = bare.substr(0, bare.find('='));
  const std::string name = ascii_lower(spelt);
  if (const OptionRow* row = find_option(name);
      row != nullptr && is_long && !applies(*row, program_)) {
    return misplaced(*row);
  }
  std::vector<std::string_view> names;
  for (const OptionRow& row : option_table()) {
    const bool here = verb_ ? applies(row, program_, *verb_) : applies(row, program_);
    if (!here || row.name.empty()) continue;
    names.push_back(row.name);
    if (!row.alias.empty()) names.push_back(row.alias);
  }
  const std::string shown =
      "unknown option " + printable(is_long ? "--" + std::string(spelt) : std::string(typed));
  if (name.size() > 1) {
    if (const auto meant = suggestion(name, names)) {
      return usage(shown + ": did you mean --" + std::string(*meant) + "?" + see_help());
    }
  }
  if (verb_ == Verb::pub)
    return usage(shown + ": a message that begins with - goes after --" + see_help());
  return usage(shown + see_help());
}

Error Interpreter::no_verb() const {
  const auto names = verb_names(program_);
  if (line_.positionals.empty()) {
    if (program_ == Program::rtrelay)
      return usage("nothing to relay: write rtrelay FROM TO..., or rtrelay serve PORT" +
                   see_help());
    return usage("a verb is missing: use " + listed(names) + see_help());
  }
  const std::string& typed = line_.positionals.front();
  if (looks_like_address(typed)) {
    return usage("a verb goes before " + shown_argument(typed) + ": use " + listed(names) +
                 see_help());
  }
  const std::string shown = "unknown verb " + printable(typed) + ": ";
  if (const auto meant = suggestion(ascii_lower(typed), names)) {
    return usage(shown + "did you mean " + std::string(*meant) + "?" + see_help());
  }
  return usage(shown + "use " + listed(names) + see_help());
}

bool Interpreter::given(std::string_view name) const {
  return std::any_of(line_.options.begin(), line_.options.end(),
                     [&](const Occurrence& option) { return option.row->name == name; });
}

bool Interpreter::contradicted(const OptionRow& row) const {
  return std::any_of(line_.options.begin(), line_.options.end(), [&](const Occurrence& option) {
    return option.row == &row || conflict(*option.row, row);
  });
}

Result<void> Interpreter::check_given() {
  const auto& options = line_.options;
  for (std::size_t i = 0; i < options.size(); ++i) {
    const OptionRow& row = *options[i].row;
    if (!applies(row, program_, *verb_)) return misplaced(row);
    for (std::size_t j = 0; j < i; ++j) {
      if (!conflict(*options[j].row, row)) continue;
      return usage(spelling_of(*options[j].row) + " and " + spelling_of(row) +
                   " exclude each other: give one" + see_help());
    }
  }
  return {};
}

std::optional<std::string> Interpreter::variable(const std::string& name) const {
  const char* text = environment_ && !name.empty() ? environment_(name.c_str()) : nullptr;
  if (text == nullptr || *text == '\0') return std::nullopt;
  return std::string(text);
}

Result<void> Interpreter::inherit() {
  std::vector<Inherited> all;
  for (const OptionRow& row : option_table()) {
    if (!applies(row, program_, *verb_) || contradicted(row)) continue;
    const std::string name = variable_of(row);
    auto value = variable(name);
    if (!value || (!takes_value(row) && falsy(*value))) continue;
    for (const Inherited& other : all) {
      if (!conflict(*other.row, row)) continue;
      return usage(other.variable + " and " + name + " exclude each other: unset one");
    }
    all.push_back({&row, name, std::move(*value)});
  }
  for (const Inherited& inherited : all) {
    if (auto done = apply_inherited(inherited); !done) return done;
  }
  return {};
}

Result<void> Interpreter::apply_inherited(const Inherited& inherited) {
  const OptionRow& row = *inherited.row;
  const std::string shown = row.secret == Secret::yes
                                ? inherited.variable
                                : inherited.variable + "=" + printable(inherited.value);
  std::string value = inherited.value;
  std::uint64_t times = 1;
  if (row.arity == Arity::flag || row.arity == Arity::optional_value) {
    if (truthy(value)) {
      value.clear();
    } else if (row.arity == Arity::flag) {
      return usage(shown + ": must be 1 or 0");
    }
  } else if (row.arity == Arity::counted) {
    const auto number = parse_uint(value);
    if (!number || *number > 9) return usage(shown + ": must be a number from 0 to 9");
    times = *number;
    value.clear();
  }
  for (std::uint64_t i = 0; i < times; ++i) {
    const Problem problem = row.binding.apply(options_, value);
    if (!problem.empty()) return usage(shown + ": " + problem);
  }
  return {};
}

Result<void> Interpreter::apply_given() {
  for (const Occurrence& option : line_.options) {
    const OptionRow& row = *option.row;
    const bool empty_optional = row.arity == Arity::optional_value && option.value == "";
    const Problem problem = empty_optional ? "needs a value behind the equals sign"
                                           : row.binding.apply(options_, option.value.value_or(""));
    if (problem.empty()) continue;
    std::string shown = spelling_of(row);
    if (option.value && row.secret == Secret::no) {
      shown += (takes_value(row) ? " " : "=");
      shown += shown_value(*option.value);
    }
    return usage(shown + ": " + problem + see_help());
  }
  return {};
}

Result<void> Interpreter::check_needs() {
  for (const Occurrence& option : line_.options) {
    const OptionRow* needed = needed_by(*option.row, program_, *verb_);
    if (needed == nullptr || given(needed->name) || variable(variable_of(*needed))) continue;
    return usage(spelling_of(*option.row) + " needs " + spelling_of(*needed) + see_help());
  }
  return {};
}

Result<void> Interpreter::take_positionals() {
  const Result<void> taken = take_arguments(program_, std::move(line_.positionals), options_);
  if (taken) return {};
  return usage(taken.error().text() + see_help());
}

void Interpreter::inherit_password() {
  const bool other_way = options_.password || given("password-file") || !options_.bearer.empty() ||
                         !options_.bearer_file.empty();
  const bool connects = *verb_ != Verb::serve || !options_.bus.empty();
  if (!connects || other_way) return;
  options_.password = variable("RT_PASSWORD");
}

}  // namespace

ParseOutcome parse(Program program, int argc, const char* const* argv,
                   const EnvironmentLookup& environment, std::size_t columns) {
  std::vector<std::string> arguments;
  for (int i = 1; i < argc; ++i) arguments.emplace_back(argv[i]);
  auto line = take_apart(program, std::move(arguments));
  if (!line) return line.error();
  return Interpreter(program, environment, columns).run(std::move(*line));
}

}  // namespace rt
