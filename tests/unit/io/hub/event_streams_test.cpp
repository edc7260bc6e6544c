#include "io/hub/event_streams.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "unit/io/hub/service_fixture.hpp"

namespace rt {
namespace {

using test::FakeExchange;
using test::HubFixture;
using test::id_text;
using Strings = std::vector<std::string>;

TEST_CASE("an event stream: its head, its events, and the cursor at once") {
  HubFixture hub;
  hub.publish("/s", "before");
  FakeExchange& live = hub.stream("/s");
  CHECK(live.field("Content-Type") == "text/event-stream");
  CHECK(live.field("Cache-Control") == "no-store");
  CHECK(live.out == "retry: 2000\n\nid: " + id_text(1) + "\n\n");
  FakeExchange& replay = hub.stream("/s?since=");
  CHECK(replay.out.starts_with("retry: 2000\n\nid: " + id_text(1) + "\ndata: before\n\n"));

  hub.post("/s", "two\nlines", "RT-Event: tick\n");
  hub.post("/s", "carriage\rreturn");
  hub.post("/s", "bytes \xFF");
  hub.turn();
  const std::vector<sse::Event> events = live.events();
  REQUIRE(events.size() == 3);
  CHECK(events[0] == sse::Event{"tick", "two\nlines", id_text(2)});
  CHECK(events[1].event == "rt.envelope");
  CHECK(events[1].data.find("\"data\":\"carriage\\rreturn\"") != std::string::npos);
  CHECK(events[2].data.find("\"data_base64\":") != std::string::npos);
  CHECK(events[2].last_event_id == id_text(4));
}

TEST_CASE("heartbeats are comments, and only for who takes them") {
  HubServiceOptions options;
  options.heartbeat = 50ms;
  HubFixture hub({}, options);
  FakeExchange& stream = hub.stream("/h");
  FakeExchange& stalled = hub.stream("/h");
  stalled.room = 0;
  hub.publish("/h", "1");
  hub.turn();
  const std::size_t before = stalled.writes.size();
  REQUIRE(test::run_until(hub.reactor, [&] { return stream.out.ends_with(":\n\n:\n\n"); }));
  CHECK(stalled.writes.size() == before);
  CHECK(stream.event_data() == Strings{"1"});
  stalled.writable();
  CHECK(stalled.event_data() == Strings{"1"});
}

}  // namespace
}  // namespace rt
