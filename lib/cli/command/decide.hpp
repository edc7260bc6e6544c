#pragma once

#include <string>
#include <vector>

#include "base/result.hpp"
#include "cli/command/line.hpp"
#include "cli/config/inherit.hpp"

namespace rt::cli {

// The options of one run, and who said what.
struct Decision {
  Options options;                              // but for the positional arguments
  std::vector<Inherited> inherited;             // beside the command line
  std::string password_origin;                  // "RT_PASSWORD"; empty: no password, or of --user
  std::vector<const ConfigEndpoint*> from;      // of each of options.from; null: not a named one
  const ConfigEndpoint* dead_letter = nullptr;  // null: not a named one, or none
  std::vector<Occurrence> own;                  // what the command line gives to this end alone
};

// Puts together what the command line gives and what the rest says when `endpoint` (null: none) is
// the one to be connected to. `of_end` is for one end of a relay and stands before all else;
// `given` has nothing that it excludes. `see_help` ends the errors of the command line.
Result<Decision> decide(const Surroundings& around, const ConfigEndpoint* endpoint,
                        const std::vector<Occurrence>& given, const std::vector<Occurrence>& of_end,
                        const std::string& see_help);

}  // namespace rt::cli
