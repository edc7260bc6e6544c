#pragma once

#include <string>

#include "app/recorder.hpp"
#include "app/replay_options.hpp"
#include "base/result.hpp"
#include "cli/options/options.hpp"

namespace rt {

// The file that is written; none when nothing is to be recorded. Errors: usage.
Result<RecordOptions> record_options(Program program, const Options& options, std::string url);
// The file that is played. Errors: usage; it is the one that is written.
Result<ReplayOptions> replay_options(const Options& options);

}  // namespace rt
