#include "app/route_figures.hpp"

#include <algorithm>

#include "base/log.hpp"
#include "codec/envelope.hpp"

namespace rt {
namespace {

std::string number(std::uint64_t value) {
  return std::to_string(value);
}

// One family of metrics: the same figure of every route.
template <class Value>
void add_family(std::string& out, const std::vector<RouteFigures>& routes, std::string_view name,
                std::string_view type, std::string_view help, Value value) {
  const std::string family = "rtwire_route_" + std::string(name);
  out += "# HELP " + family + " " + std::string(help) + "\n# TYPE " + family + " " +
         std::string(type) + "\n";
  for (const RouteFigures& route : routes)
    out += family + "{route=\"" + route.name + "\"} " + number(value(route)) + "\n";
}

std::size_t well_of(const std::vector<RouteFigures>& routes) {
  return static_cast<std::size_t>(std::count_if(
      routes.begin(), routes.end(), [](const RouteFigures& route) { return route.well(); }));
}

}  // namespace

std::string_view name_of(RouteState state) {
  switch (state) {
    case RouteState::starting:
      return "starting";
    case RouteState::up:
      return "up";
    case RouteState::down:
      return "down";
    case RouteState::waiting:
      return "waiting";
    case RouteState::ended:
      return "ended";
    case RouteState::failed:
      return "failed";
  }
  return {};
}

std::string routes_summary(const std::vector<RouteFigures>& routes) {
  std::string text = number(well_of(routes)) + " of " + number(routes.size()) +
                     (routes.size() == 1 ? " route up" : " routes up");
  std::string_view before = "; down: ";
  for (const RouteFigures& route : routes) {
    if (route.well()) continue;
    text.append(before).append(route.name);
    before = ", ";
  }
  return text;
}

std::string routes_text(const std::vector<RouteFigures>& routes, std::uint64_t messages_before,
                        Milliseconds span) {
  RouteFigures all;
  for (const RouteFigures& route : routes) {
    all.messages += route.messages;
    all.lag += route.lag;
    all.lost += route.lost + route.refused;
    all.reconnects += route.reconnects;
    all.restarts += route.restarts;
  }
  const std::uint64_t ms = span.count() > 0 ? static_cast<std::uint64_t>(span.count()) : 1;
  const std::uint64_t more = all.messages > messages_before ? all.messages - messages_before : 0;
  std::string text = routes_summary(routes);
  const std::size_t summary = text.find(';');
  const std::string down = summary == std::string::npos ? "" : text.substr(summary);
  text.resize(std::min(summary, text.size()));
  return text + ", " + number(all.messages) + " messages, " + number(more * 1000 / ms) +
         "/s, lag " + number(all.lag) + ", lost " + number(all.lost) + ", reconnects " +
         number(all.reconnects) + ", restarts " + number(all.restarts) + down;
}

bool all_well(const std::vector<RouteFigures>& routes) {
  return well_of(routes) == routes.size();
}

std::string routes_health(const std::vector<RouteFigures>& routes, std::chrono::seconds uptime) {
  std::string body = "{\"status\":\"";
  body += all_well(routes) ? "ok" : "failing";
  body += "\",\"version\":\"" RT_VERSION "\",\"uptime\":" + std::to_string(uptime.count()) +
          ",\"routes\":{";
  bool first = true;
  for (const RouteFigures& route : routes) {
    if (!first) body += ',';
    first = false;
    envelope::append_json_string(body, route.name);
    body += ":{\"state\":\"" + std::string(name_of(route.state)) + "\"";
    if (!route.why.empty()) {
      body += ",\"why\":";
      envelope::append_json_string(body, route.why);
    }
    body += '}';
  }
  return body + "}}\n";
}

std::string routes_metrics(const std::vector<RouteFigures>& routes) {
  std::string out;
  const auto add = [&](std::string_view name, std::string_view type, std::string_view help,
                       auto value) { add_family(out, routes, name, type, help, value); };
  using F = const RouteFigures&;
  add("up", "gauge", "1 while the route moves messages or has ended in order, else 0.",
      [](F route) -> std::uint64_t { return route.well() ? 1 : 0; });
  add("messages_total", "counter", "Messages that every sink has accepted.",
      [](F route) { return route.messages; });
  add("bytes_total", "counter", "Bytes of their payloads.", [](F route) { return route.bytes; });
  add("lag", "gauge", "Messages that were read and are not accepted yet.",
      [](F route) { return route.lag; });
  add("dropped_total", "counter",
      "Messages that were not passed on: loops, names that are no channels, and what was lost.",
      [](F route) { return route.dropped; });
  add("lost_total", "counter", "Messages that were lost, as far as their number is known.",
      [](F route) { return route.lost; });
  add("refused_total", "counter", "Messages that a sink refused.",
      [](F route) { return route.refused; });
  add("uncertain", "gauge", "1 when there may be losses that nobody can number.",
      [](F route) -> std::uint64_t { return route.uncertain ? 1 : 0; });
  add("reconnects_total", "counter", "Connections that were lost or not to be had.",
      [](F route) { return route.reconnects; });
  add("restarts_total", "counter", "How often the route was started again.",
      [](F route) { return route.restarts; });
  out +=
      "# HELP rtwire_log_lines_dropped_total Log lines that nobody read.\n"
      "# TYPE rtwire_log_lines_dropped_total counter\nrtwire_log_lines_dropped_total " +
      number(Log::dropped()) + "\n";
  return out;
}

}  // namespace rt
