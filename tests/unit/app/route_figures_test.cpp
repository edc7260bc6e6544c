#include "app/route_figures.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace rt;

namespace {

std::vector<RouteFigures> some() {
  RouteFigures good;
  good.name = "good";
  good.state = RouteState::up;
  good.messages = 1200;
  good.bytes = 90;
  good.lag = 3;
  RouteFigures bad;
  bad.name = "bad";
  bad.state = RouteState::waiting;
  bad.why = "refused \"so\"";
  bad.lost = 2;
  bad.refused = 1;
  bad.restarts = 4;
  bad.uncertain = true;
  return {good, bad};
}

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("route figures: one line for all routes") {
  CHECK(routes_text(some(), 1000, 2000ms) ==
        "1 of 2 routes up, 1200 messages, 100/s, lag 3, lost 3, reconnects 0, restarts 4; down: "
        "bad");
  CHECK(routes_summary({some()[0]}) == "1 of 1 route up");
  CHECK(routes_text({some()[0]}, 1200, 0ms) ==
        "1 of 1 route up, 1200 messages, 0/s, lag 3, lost 0, reconnects 0, restarts 0");
}

TEST_CASE("route figures: health") {
  CHECK_FALSE(all_well(some()));
  const std::string body = routes_health(some(), std::chrono::seconds(7));
  CHECK(has(body, "{\"status\":\"failing\","));
  CHECK(has(body,
            "\"uptime\":7,\"routes\":{\"good\":{\"state\":\"up\"},"
            "\"bad\":{\"state\":\"waiting\",\"why\":\"refused \\\"so\\\"\"}}}\n"));
  RouteFigures ended = some()[0];
  ended.state = RouteState::ended;
  CHECK(all_well({ended}));
  CHECK(has(routes_health({ended}, std::chrono::seconds(0)), "{\"status\":\"ok\","));
  for (const RouteState state : {RouteState::starting, RouteState::down, RouteState::failed}) {
    RouteFigures other = ended;
    other.state = state;
    CHECK_FALSE(all_well({other}));
  }
}

TEST_CASE("route figures: metrics") {
  const std::string text = routes_metrics(some());
  for (const std::string_view line :
       {"# TYPE rtwire_route_up gauge\nrtwire_route_up{route=\"good\"} 1\n"
        "rtwire_route_up{route=\"bad\"} 0\n",
        "rtwire_route_messages_total{route=\"good\"} 1200\n",
        "rtwire_route_lost_total{route=\"bad\"} 2\n",
        "rtwire_route_restarts_total{route=\"bad\"} 4\n",
        "rtwire_route_uncertain{route=\"bad\"} 1\n", "rtwire_log_lines_dropped_total "})
    CHECK_MESSAGE(has(text, line), line);
}
