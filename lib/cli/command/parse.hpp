#pragma once

#include <string>
#include <variant>

#include "base/result.hpp"
#include "cli/command/line.hpp"
#include "cli/config/lookups.hpp"
#include "cli/help/style.hpp"
#include "cli/options/options.hpp"

namespace rt {

// --help, -h or --version was asked for: write the text to stdout and exit with 0.
struct TextToPrint {
  std::string text;
};

// Options to run with, a text to print, or a usage error: one line that says what is wrong and
// what to do, without the program's name before it.
using ParseOutcome = std::variant<Options, TextToPrint, Error>;

// Reads the command line. argv[0] is skipped. What the command line leaves open comes from RT_*
// variables, then from the configuration file (the endpoint that is named, the profile, the verb,
// the program, all programs), then from the defaults; what something stronger contradicts does not
// count. With --explain and --generate the outcome is a text. A null lookup finds nothing.
// Options may stand anywhere before "--"; positional arguments are taken byte for byte.
// `style` is that of the help.
ParseOutcome parse(Program program, int argc, const char* const* argv,
                   const EnvironmentLookup& environment, HelpStyle style = {},
                   const ConfigLookup& configuration = nullptr);

// The options of a relay that a file describes: as if `line` stood behind "rtrelay". Errors: usage.
Result<Options> options_of_route(cli::CommandLine line, const EnvironmentLookup& environment,
                                 const ConfigLookup& configuration);

}  // namespace rt
