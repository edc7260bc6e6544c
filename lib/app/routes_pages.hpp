#pragma once

#include <asio/awaitable.hpp>
#include <functional>
#include <vector>

#include "app/route_figures.hpp"
#include "app/web_server.hpp"

namespace rt {

// Answers /-/health (503 while a route is down), /-/live (200) and /-/metrics.
class RoutesPages final : private ExchangeHandler {
 public:
  // `figures` gives those of all routes.
  RoutesPages(Reactor& reactor, HubServerOptions options,
              std::function<std::vector<RouteFigures>()> figures);

  // Errors: an address that cannot be had.
  Result<void> listen();
  asio::awaitable<void> drain() { return web_.drain(); }

 private:
  bool admit(Exchange& exchange) override;
  void handle(Exchange& exchange) override;

  const HubServerOptions options_;
  const std::function<std::vector<RouteFigures>()> figures_;
  const SteadyTime started_;
  WebServer web_;
};

}  // namespace rt
