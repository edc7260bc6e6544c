#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "cli/options/options.hpp"

namespace rt::cli {

// For an option as it was written ("--max-time=3", "-sS") that the program does not have: that it
// is unknown, and what was probably meant.
std::string fault_of_unknown(Program program, std::optional<Verb> verb, std::string_view typed);

}  // namespace rt::cli
