#pragma once

#include "app/relay_run.hpp"
#include "cli/options/options.hpp"

namespace rt {

// What `rtrelay FROM TO...` runs with. Errors: usage (a bad endpoint, map or filter), or a file
// that cannot be read.
Result<RelayOptions> relay_options(const Options& options);

// Runs it: gives the exit code.
int run_relay(const Options& options);

}  // namespace rt
