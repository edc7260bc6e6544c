#include "cli/options/face.hpp"
#include "cli/options/rows.hpp"

namespace rt::cli {
namespace {

constexpr OptionRow kRows[] = {
    // --- General
    {.name = "config",
     .scope = {kAll, kAny},
     .also = {kRelay, kRun | kCompare},
     .arity = Arity::value,
     .value = "FILE",
     .completes = Completes::file,
     .summary = "Configuration file; '' reads none",
     .text = "Without this option it is config.toml in $XDG_CONFIG_HOME/rtwire, or else in "
             "~/.config/rtwire, if it is there. rtwire(7) says what can stand in it.",
     .from_file = false,
     .binding = string<&O::config, read_line>()},
    {.name = "profile",
     .scope = {kAll, kAny},
     .also = {kRelay, kRun | kCompare},
     .arity = Arity::value,
     .value = "NAME",
     .completes = Completes::profile,
     .summary = "Use this profile of the configuration file",
     .text = "What it says goes before what the rest of the file says.",
     .from_file = false,
     .binding = string<&O::profile, read_line>()},
    {.name = "explain",
     .scope = {kAll, kAny},
     .summary = "Show each option's value and its origin",
     .text = "Nothing is connected to. Secrets are shown as ***.",
     .from_environment = false,
     .from_file = false,
     .binding = flag<&O::explain>()},
    {.name = "dry-run",
     .scope = {kAll, kAny},
     .also = {kRelay, kRun | kCompare},
     .common = {kAll, kAny | kRun | kCompare},
     .summary = "Say what would be done, and do nothing",
     .text = "With the command of curl, websocat, mosquitto_sub or mosquitto_pub that does the "
             "same, where there is one. Files are checked as they are before a run.",
     .from_environment = false,
     .from_file = false,
     .binding = flag<&O::dry_run>()},
    {.letter = 'h',
     .scope = {kAll, kAny},
     .also = {kRelay, kRun | kCompare},
     .summary = "Show a short help",
     .from_environment = false,
     .from_file = false},
    {.name = "help",
     .scope = {kAll, kAny},
     .also = {kRelay, kRun | kCompare},
     .summary = "Show the whole help, with examples",
     .from_environment = false,
     .from_file = false},
    {.name = "version",
     .letter = 'V',
     .scope = {kAll, kAny},
     .also = {kRelay, kRun | kCompare},
     .common = {kAll, kAny | kRun | kCompare},
     .summary = "Show the version",
     .from_environment = false,
     .from_file = false},
    {.name = "generate",
     .scope = {kAll, kAny},
     .also = {kRelay, kRun | kCompare},
     .arity = Arity::value,
     .value = "FORMAT",
     .choices = kFaceNames,
     .summary = "Print the man page, or completions for a shell",
     .from_environment = false,
     .from_file = false},
};

}  // namespace

std::span<const OptionRow> general_rows() {
  return kRows;
}

}  // namespace rt::cli
