#pragma once

#include <asio/awaitable.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "app/hub_server.hpp"
#include "app/run.hpp"
#include "app/running_route.hpp"
#include "base/result.hpp"
#include "io/process/service_notify.hpp"
#include "io/stdio/report_file.hpp"

namespace rt {

struct RoutesOptions {
  std::vector<RouteOptions> routes;
  // Reads the routes again: all of them, those marked that are as they were. Errors: nothing is to
  // change.
  std::function<Result<std::vector<RouteOptions>>()> reload;
  std::optional<HubServerOptions> listen;  // for /-/health and the like
  bool status = false;                     // the status line is shown
  bool stats = false;                      // totals on stderr, at the end
  std::shared_ptr<ReportFile> stats_json;  // null: none
  ServiceNotify notify;
};

// Runs routes, each by itself, until all have ended for good or the shutdown is requested; then
// they end in order, all at a time. SIGHUP reads them again. Errors: lost (messages, by any route),
// or the first failure of a route that is not started again; an address that cannot be had.
asio::awaitable<Result<void>> run_routes(Reactor& reactor, Shutdown& shutdown,
                                         RoutesOptions options);

}  // namespace rt
