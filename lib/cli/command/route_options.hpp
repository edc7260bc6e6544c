#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "cli/config/lookups.hpp"
#include "cli/config/routes_file.hpp"

namespace rt::cli {

// A route, and what `rtrelay FROM TO...` would run with in its place.
struct RoutePlan {
  std::string name;
  Options options;
  Restart restart = Restart::on_failure;
  std::string place;  // "FILE:LINE"
};

// What `run` gives to all routes.
struct RoutePlanContext {
  const EnvironmentLookup& environment;
  const ConfigLookup& configuration;
  const Options& run;  // its --config and --profile
};

// The routes of a file. Every fault is added to `faults`, each with its file and line.
std::vector<RoutePlan> plan_routes(const RoutesFile& file, const RoutePlanContext& context,
                                   std::vector<Error>& faults);

// The place of what an error is about, where it names an option of the route; else the route's.
std::string place_of(const RoutesFile& file, const FileRoute& route, std::string_view error);

}  // namespace rt::cli
