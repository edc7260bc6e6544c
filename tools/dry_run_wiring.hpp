#pragma once

#include <string>

#include "base/result.hpp"
#include "cli/options/options.hpp"

namespace rt {

// What --dry-run prints, when a run would get as far as connecting: the same is checked as before
// a run, but nothing is connected to, read from stdin, asked for, created or written. `given` are
// the options as parse() gave them, `complete` those with what the files hold.
Result<std::string> dry_run(Program program, const Options& given, const Options& complete);

}  // namespace rt
