#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <variant>

#include "base/error.hpp"
#include "cli/options.hpp"

namespace rt {

// Gives the value of an environment variable, or null; std::getenv fits.
using EnvironmentLookup = std::function<const char*(const char*)>;

// --help, -h or --version was asked for: write the text to stdout and exit with 0.
struct TextToPrint {
  std::string text;
};

// Options to run with, a text to print, or a usage error: one line that says what is wrong and
// what to do, without the program's name before it.
using ParseOutcome = std::variant<Options, TextToPrint, Error>;

// Reads the command line. argv[0] is skipped. What the command line leaves open comes from RT_*
// variables, then from the defaults; a variable that the command line contradicts is not read.
// Options may stand anywhere before "--"; positional arguments are taken byte for byte.
// `columns` is how wide the help may be.
ParseOutcome parse(Program program, int argc, const char* const* argv,
                   const EnvironmentLookup& environment, std::size_t columns = 80);

}  // namespace rt
