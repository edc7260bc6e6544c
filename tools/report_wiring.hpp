#pragma once

#include <string>

#include "app/run_report.hpp"
#include "cli/options/options.hpp"

namespace rt {

// What a run is to say of itself, from the command line and from what stdin and stderr are.
// `endpoint` is its display(). Errors (usage): --stats-json names what cannot be written.
Result<ReportOptions> report_options(Program program, const Options& options, std::string endpoint);

}  // namespace rt
