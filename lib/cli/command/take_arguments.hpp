#pragma once

#include <string>
#include <vector>

#include "base/result.hpp"
#include "cli/options/options.hpp"

namespace rt::cli {

// Puts the arguments behind the verb into their places, and judges what they and the options are
// together. `options` holds the verb and all that options and environment said. Errors are usage
// errors, without the hint at the help.
Result<void> take_arguments(Program program, std::vector<std::string> arguments, Options& options);

// An argument for people, without the user and password of a URL.
std::string shown_argument(const std::string& argument);

}  // namespace rt::cli
