#pragma once

#include <string>
#include <vector>

#include "cli/command/decide.hpp"

namespace rt::cli {

// What --explain tells of.
struct ExplainedRun {
  Program program;
  const Config& config;
  const std::vector<Occurrence>& given;  // on the command line
  const Decision& decision;
  const std::vector<Decision>& ends;  // of a relay whose ends differ: of `from`, then of the rest
  const std::vector<const ConfigEndpoint*>& positional;  // of each address; null: not a named one
  const Options& options;                                // with the addresses in them
};

// The addresses, each option of the verb and the password, one a line in columns: name, value,
// variable, and who said it. Secrets are "***".
std::string explain_run(const ExplainedRun& run);

}  // namespace rt::cli
