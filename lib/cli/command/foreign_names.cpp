#include "cli/command/foreign_names.hpp"

#include <algorithm>
#include <iterator>

#include "base/text.hpp"
#include "cli/command/foreign_options.hpp"
#include "cli/options/table.hpp"

namespace rt::cli {
namespace {

struct ForeignVerb {
  std::string_view names;
  Verb verb;
};

constexpr ForeignVerb kForeignVerbs[] = {
    {"subscribe consume consumer listen-to tail watch get read receive follow fetch", Verb::sub},
    {"publish produce producer send post put write push emit", Verb::pub},
    {"connect cat chat open duplex", Verb::pipe},
    {"benchmark bench measure versus vs", Verb::compare},
    {"request ask call query rr", Verb::rpc},
    {"listen server start daemon hub broker", Verb::serve},
};

bool holds(std::string_view names, std::string_view name) {
  const auto all = split(names, ' ');
  return !name.empty() && std::find(all.begin(), all.end(), name) != all.end();
}

bool has_letter(Program program, std::optional<Verb> verb, char letter) {
  const auto rows = option_table();
  return std::any_of(rows.begin(), rows.end(), [&](const OptionRow& row) {
    return row.letter == letter && (verb ? applies(row, program, *verb) : applies(row, program));
  });
}

}  // namespace

std::optional<std::string_view> instead_of_option(Program program, std::optional<Verb> verb,
                                                  std::string_view typed) {
  const bool is_long = typed.starts_with("--");
  const std::string name = ascii_lower(typed.substr(std::min<std::size_t>(2, typed.size())));
  // "-interval" is a name that was meant to be long, "-p1883" a letter with its value.
  const bool is_letter =
      !is_long && (typed.size() == 2 || (typed.size() > 2 && typed[2] >= '0' && typed[2] <= '9'));
  const char letter = is_letter ? typed[1] : '\0';
  for (const ForeignOption& option : foreign_options()) {
    if ((option.programs & program_bit(program)) == 0) continue;
    if (verb && (option.verbs & verb_bit(*verb)) == 0) continue;
    if (!verb && option.verbs != kAnyVerb) continue;
    if (is_long ? holds(option.names, name) : letter != '\0' && option.letter == letter)
      return option.instead;
  }
  return std::nullopt;
}

std::optional<std::string> instead_of_letters(Program program, std::optional<Verb> verb,
                                              std::string_view typed) {
  constexpr std::size_t kMost = 5;  // longer ones are rather words
  if (typed.starts_with("--") || typed.size() < 3 || typed.size() > kMost) return std::nullopt;
  std::string told;
  for (const char letter : typed.substr(1)) {
    const auto instead = instead_of_option(program, verb, std::string{'-', letter});
    if (!instead && !has_letter(program, verb, letter)) return std::nullopt;
    if (!instead) continue;
    if (!told.empty()) told += "; ";
    told.append("-").append(1, letter).append(": ").append(*instead);
  }
  return told.empty() ? std::nullopt : std::optional<std::string>(std::move(told));
}

std::string_view instead_of_misplaced(Program program, std::optional<Verb> verb,
                                      const OptionRow& row,
                                      const std::vector<std::string>& arguments) {
  if (verb == Verb::serve && holds("cert key user password-file bearer bearer-file", row.name))
    return program == Program::rtmqtt ? kBeforeBroker : kBeforeServer;
  if (program == Program::rtmqtt && row.name == "state")
    return "the broker keeps it: use --client-id ID and --session-expiry DURATION";
  if (row.letter == '\0') return {};
  const std::string letter{'-', row.letter};
  const auto end = std::find(arguments.begin(), arguments.end(), "--");
  const bool written = std::any_of(arguments.begin(), end, [&](const std::string& argument) {
    return argument.starts_with(letter);
  });
  return written ? instead_of_option(program, verb, letter).value_or("") : std::string_view();
}

std::optional<Verb> instead_of_verb(Program program, std::string_view typed) {
  const std::string name = ascii_lower(typed);
  for (const ForeignVerb& foreign : kForeignVerbs) {
    if (!holds(foreign.names, name)) continue;
    for (const Verb verb : verbs_of(program))
      if (verb == foreign.verb) return verb;
  }
  return std::nullopt;
}

}  // namespace rt::cli
