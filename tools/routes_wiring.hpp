#pragma once

#include "base/result.hpp"
#include "cli/options/options.hpp"

namespace rt {

// `rtrelay run`: gives the exit code. With --check or --dry-run it says what the file is good for,
// on stdout, and does nothing.
int run_routes_file(const Options& options);

}  // namespace rt
