#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "cli/options/table.hpp"

namespace rt::cli {

// One option as it was given.
struct Occurrence {
  const OptionRow* row = nullptr;
  // Set for Arity::value and Arity::list; for Arity::optional_value when there was an "=".
  std::optional<std::string> value;
  std::size_t behind = 0;  // so many arguments of rtrelay that are no options stand before it
  bool off = false;        // a file says that it is not to be, whatever others say
};

// A command line taken apart; nothing is judged yet but how the arguments hang together.
struct CommandLine {
  std::vector<Occurrence> options;       // in their order
  std::vector<std::string> positionals;  // byte for byte
  std::vector<std::string> arguments;    // all of them as they were written
  std::vector<std::string> unknown;      // what looks like an option before "--" and is none
};

// Takes the arguments (without the program's name) apart by the options that `program` has with
// any verb. Fails when an option lacks its value, or has one and takes none.
Result<CommandLine> take_apart(Program program, std::vector<std::string> arguments);

// The option that stands last in `arguments` without the value that it takes; null: none does.
const OptionRow* without_value(Program program, const std::vector<std::string>& arguments);

}  // namespace rt::cli
