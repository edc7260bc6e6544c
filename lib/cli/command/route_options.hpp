#pragma once

#include <functional>
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

// Whether a route can be run with these.
using RouteJudge = std::function<bool(const Options&)>;

// "FILE:LINE:COLUMN: " of what is wrong with a route: it would be good without that setting, or
// with another end. The route's own where more than one thing is wrong.
std::string place_of(const RoutesFile& file, const FileRoute& route,
                     const RoutePlanContext& context, const RouteJudge& good);

}  // namespace rt::cli
