#include "app/relay_loops.hpp"

#include <doctest/doctest.h>

namespace rt {
namespace {

TEST_CASE("a route that feeds itself is refused") {
  const struct {
    const char* from;
    const char* to;
    std::vector<std::string> maps;
    bool loop;
  } rows[] = {
      {"-", "-", {}, false},
      {"ws://h/x", "ws://h/x", {}, true},
      {"ws://h/x", "ws://h/y", {}, false},
      {"ws://h/x", "ws://i/x", {}, false},
      {"ws://h/x", "ws://h:81/x", {}, false},
      {"ws://h:80/x", "sse+http://H/x", {}, true},
      {"sse+http://h/x", "poll+http://h/%78?y", {}, true},
      {"sse+http://h/x", "http://h/x", {}, true},
      {"sse+http://h/x", "https://h/x", {}, false},
      {"ws://localhost:8080/x", "http://127.0.0.1:8080/x", {}, true},
      {"ws://[::1]:8080/x", "serve+http://:8080/x", {}, true},
      {"ws://localhost:8080/x", "serve+http://:8080", {}, true},
      {"ws://localhost:8080/x", "serve+http://:8080", {"s/x/y/"}, false},
      {"ws://localhost:8080/x", "serve+http://:8081/x", {}, false},
      // A root: each message keeps its name.
      {"sse+http://h/x", "http://h/", {}, true},
      {"sse+http://h/x", "http://h/", {"s/x/y/"}, false},
      {"sse+http://h/x", "http://h/", {"s/y/z/"}, true},
      {"ws://h/x", "ws://h/", {}, false},
      {"ws://h/", "ws://h/", {}, true},
      // MQTT
      {"mqtt://h/a/#", "mqtt://h/a/b", {}, true},
      {"mqtt://h/a/#", "mqtt://h/b", {}, false},
      {"mqtt://h/a/+/c", "mqtt://h/a/b/c", {}, true},
      {"mqtt://h/#", "mqtt://h/b", {}, true},
      {"mqtt://h/", "mqtt://h/b", {}, true},
      {"mqtt://h/a", "mqtt://h/", {}, true},
      {"mqtt://h/a", "mqtt://h/", {"s/a/b/"}, false},
      {"mqtt://h/a", "mqtt://h/", {"s/a/a/"}, true},
      {"mqtt://h/a/#", "mqtt://h/", {}, true},
      {"mqtt://h/a/#", "mqtt://h/", {"s#^a#b#"}, false},
      {"mqtt://h/a/#", "mqtt://i/", {}, false},
      {"mqtt://h/a", "http://h:1883/a", {}, false},
      {"mqtt://localhost/a", "serve+mqtt://:1883/a", {}, true},
      // Ends of one server in this process
      {"serve+http://:8080/a", "serve+ws://:8080/a", {}, true},
      {"serve+http://:8080/a", "serve+ws://:8080/b", {}, false},
      {"serve+http://:8080", "serve+ws://:8080/b", {}, true},
      {"serve+http://:8080", "serve+ws://:8080", {}, true},
      {"serve+http://:0/a", "serve+ws://:0/a", {}, false},
      {"serve+http://*:8080/a", "ws://127.0.0.1:8080/a", {}, true},
      // Files
      {"file:/tmp/x", "file:/tmp/x", {}, true},
      {"file:/tmp/x", "file:/tmp/../tmp/x", {}, true},
      {"file:/tmp/x", "file:/tmp/y", {}, false},
      {"file:x", "file:./x", {}, true},
      {"exec:cat", "exec:cat", {}, false},
      // One host by many names
      {"mqtt://127.1/a", "mqtt://localhost./a", {}, true},
      {"mqtt://2130706433/a", "mqtt://0.0.0.0/a", {}, true},
      {"mqtt://[::1]/a", "mqtt://[::ffff:127.0.0.1]/a", {}, true},
      {"mqtt://0x7f.1/a", "mqtt://127.0.0.1/a", {}, true},
      {"mqtt://127.0.0.2/a", "mqtt://127.0.0.1/a", {}, false},
      {"mqtt://127.0.0.2/a", "mqtt://127.2/a", {}, true},
      {"mqtt://h./a", "mqtt://H/a", {}, true},
  };
  for (const auto& row : rows) {
    CAPTURE(row.from);
    CAPTURE(row.to);
    const Result<RelayEndpoint> from = parse_relay_endpoint(row.from);
    const Result<RelayEndpoint> to = parse_relay_endpoint(row.to);
    REQUIRE(from.ok());
    REQUIRE(to.ok());
    Result<Route> route = Route::make(row.maps, {});
    REQUIRE(route.ok());
    const Result<Loop> checked = check_loop(*from, *to, *route);
    CHECK(checked.ok() != row.loop);
    if (!checked) CHECK(checked.error().fault() == Fault::usage);
  }
}

TEST_CASE("every filter of an MQTT source counts, and what it leaves out") {
  const struct {
    LoopFilters filters;
    const char* to;
    bool loop;
  } rows[] = {
      {{{"a", "q/#"}, {}}, "mqtt://h/q/r", true},
      {{{"a", "q/#"}, {"q/r"}}, "mqtt://h/q/r", false},
      {{{"a", "q"}, {}}, "mqtt://h/q/r", false},
      {{{"a", "q/#"}, {}}, "mqtt://h", true},
  };
  for (const auto& row : rows) {
    CAPTURE(row.to);
    Route route;
    const Result<Loop> checked = check_loop(*parse_relay_endpoint("mqtt://h/a"),
                                            *parse_relay_endpoint(row.to), route, row.filters);
    CHECK(checked.ok() != row.loop);
  }
}

TEST_CASE("a renaming route that may feed itself is left to what messages bear") {
  const struct {
    const char* from;
    const char* to;
    Loop loop;
  } rows[] = {
      {"mqtt://h/a/#", "mqtt://h", Loop::unless_via},
      {"mqtt://h", "mqtt://h", Loop::unless_via},
      {"mqtt://h/a/#", "mqtt://i", Loop::none},
      {"mqtt://h/a/x", "mqtt://h", Loop::none},
      {"serve+http://:8080", "serve+ws://:8080", Loop::none},
  };
  for (const auto& row : rows) {
    CAPTURE(row.from);
    Result<Route> route = Route::make({"s#^a/#a/b/#"}, {});
    REQUIRE(route.ok());
    const Result<Loop> checked =
        check_loop(*parse_relay_endpoint(row.from), *parse_relay_endpoint(row.to), *route);
    REQUIRE(checked.ok());
    CHECK(*checked == row.loop);
  }
}

}  // namespace
}  // namespace rt
