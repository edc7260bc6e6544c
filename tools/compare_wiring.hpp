#pragma once

#include <string>
#include <vector>

#include "cli/options/options.hpp"

namespace rt {

// The whole of rtrelay compare; with --dry-run it says what would be measured. Returns the exit
// code.
int run_compare(const Options& options, const std::vector<std::string>& command);

}  // namespace rt
