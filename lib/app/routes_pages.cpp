#include "app/routes_pages.hpp"

#include <chrono>
#include <string>
#include <utility>

namespace rt {
namespace {

Response page(std::string_view type, std::string body) {
  Response response;
  response.fields.add("Content-Type", type);
  response.fields.add({{"Cache-Control", "no-store"}});
  response.fields.add(kGuard);
  response.body = std::move(body);
  return response;
}

}  // namespace

RoutesPages::RoutesPages(Reactor& reactor, HubServerOptions options,
                         std::function<std::vector<RouteFigures>()> figures)
    : options_(std::move(options)),
      figures_(std::move(figures)),
      started_(std::chrono::steady_clock::now()),
      web_(reactor, options_, *this) {}

Result<void> RoutesPages::listen() {
  return web_.listen("http", {});
}

bool RoutesPages::admit(Exchange& exchange) {
  return web_.admission().check(exchange);
}

void RoutesPages::handle(Exchange& exchange) {
  const http::Request& request = exchange.request();
  if (!is_read(request.method))
    return web_.answers().refuse(exchange, 405, "these paths are read only",
                                 {{"Allow", "GET, HEAD"}});
  const std::string_view path = request.path;
  if (path == "/-/live") return exchange.respond(page("application/json", "{\"status\":\"ok\"}\n"));
  if (path == "/-/metrics")
    return exchange.respond(page("text/plain; version=0.0.4", routes_metrics(figures_())));
  if (path != "/-/health")
    return web_.answers().refuse(exchange, 404, "there are /-/health, /-/live and /-/metrics here");
  const std::vector<RouteFigures> routes = figures_();
  const auto uptime =
      std::chrono::duration_cast<std::chrono::seconds>(std::chrono::steady_clock::now() - started_);
  Response response = page("application/json", routes_health(routes, uptime));
  if (!all_well(routes)) response.status = 503;
  exchange.respond(response);
}

}  // namespace rt
