#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cli/options/end_kinds.hpp"
#include "cli/options/options.hpp"
#include "cli/options/values.hpp"

// The one description of every option. Parsing, help, man pages and completions come from it.
namespace rt::cli {

// The sections of the help, in their order.
enum class Group : std::uint8_t {
  messages,
  framing,
  output,
  polling,
  resuming,
  websocket,
  mqtt,
  relay,
  connection,
  security,
  server,
  general,
};
inline constexpr std::size_t kGroupCount = 12;
std::string_view title_of(Group group);

enum class Arity : std::uint8_t {
  flag,            // present or not
  counted,         // more is more: -vv
  value,           // one value; the last one given counts
  optional_value,  // --name or --name=VALUE, never "--name VALUE"
  list,            // one value each time; all count
};

// The programs and verbs that have an option: every one of `verbs` in every one of `programs`.
struct Scope {
  std::uint8_t programs = 0;  // bits as program_bit gives them
  std::uint8_t verbs = 0;     // bits as verb_bit gives them
};
constexpr std::uint8_t program_bit(Program program) {
  return static_cast<std::uint8_t>(1u << static_cast<unsigned>(program));
}
constexpr std::uint8_t verb_bit(Verb verb) {
  return static_cast<std::uint8_t>(1u << static_cast<unsigned>(verb));
}

enum class Secret : std::uint8_t { no, yes };

// What a shell can complete a value with, beside `choices`.
enum class Completes : std::uint8_t {
  nothing,
  file,
  file_behind_at,  // @FILE
  endpoint,        // of a relay
  url,             // of an MQTT broker
  profile,
  command,
};

struct OptionRow {
  std::string_view name = {};   // the long name without dashes; empty only for -h
  std::string_view alias = {};  // another long name
  char letter = '\0';           // the short name
  Group group = Group::general;
  Scope scope = {};
  Scope also = {};     // and these have it
  Scope common = {};   // whose short help shows it
  EndScope ends = {};  // which ends of a relay can have it for themselves
  Arity arity = Arity::flag;
  std::string_view value = {};    // what the help calls the value
  std::string_view choices = {};  // all that the value can be, separated by spaces; or empty
  Completes completes = Completes::nothing;
  std::string_view summary = {};    // one line: capital first, no full stop
  std::string_view text = {};       // more, in whole sentences; may be empty
  std::string_view conflicts = {};  // long names, separated by spaces
  std::string_view needs = {};      // the long name of what must be given beside it; or empty
  Secret secret = Secret::no;       // the value never appears in a message
  bool from_environment = true;     // RT_<NAME> is read when the command line leaves it open
  bool from_file = true;            // may stand in the configuration file
  Binding binding = {};             // empty for what ends the program (help, version, generate)
};

// Every option of every program.
std::span<const OptionRow> option_table();

// Null when there is none.
const OptionRow* find_option(std::string_view long_name);

bool takes_value(const OptionRow& row);     // "--name VALUE" is its form
bool takes_endpoint(const OptionRow& row);  // its value is an address, which @NAME can stand for
bool applies(const OptionRow& row, Program program);
bool applies(const OptionRow& row, Program program, Verb verb);
// Whether it is of those that the short help shows.
bool is_common(const OptionRow& row, Program program, Verb verb);
bool conflict(const OptionRow& a, const OptionRow& b);
// The option without which this one means nothing there; null when there is none.
const OptionRow* needed_by(const OptionRow& row, Program program, Verb verb);

// All that its value can be there, separated by spaces; empty: anything, or more than that.
std::string_view choices_of(const OptionRow& row, std::string_view program);

// What its value is without the option, as the help shows it; empty when there is none to show.
std::string default_of(const OptionRow& row, Program program);

// "RT_MAX_MESSAGE" for max-message; empty when the environment is not read.
std::string variable_of(const OptionRow& row);
// "--max-message", or "-h" where there is no long name.
std::string spelling_of(const OptionRow& row);

// The verbs of a program, in the order of the manual.
std::span<const Verb> verbs_of(Program program);
// "URL [MESSAGE...]".
std::string_view arguments_of(Program program, Verb verb);
// "rtws sub"; "rtrelay", whose verb relay is left out.
std::string command_of(Program program, std::optional<Verb> verb);

}  // namespace rt::cli
