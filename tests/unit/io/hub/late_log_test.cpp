// Answers that wait for the log, and what the log itself says.
#include <doctest/doctest.h>

#include <asio/co_spawn.hpp>
#include <string>
#include <vector>

#include "io/hub/side.hpp"
#include "unit/io/hub/late_hub.hpp"

namespace rt {
namespace {

using test::data_of;
using test::data_of_v1;
using test::FakeExchange;
using test::id_text;
using test::LateHub;
using test::numbers;
using test::short_window;
using State = FakeExchange::State;
using Strings = std::vector<std::string>;

constexpr const char* kV1 = "Sec-WebSocket-Protocol: rt.v1\n";

TEST_CASE("a POST is answered when the log has the message, and not before") {
  for (const auto order : {LateLog::First::tail, LateLog::First::listener}) {
    LateHub hub;
    FakeExchange& stream = hub.stream("/a");
    FakeExchange& first = hub.post("/a", "1");
    FakeExchange& batch = hub.post("/a", "{\"data\":\"2\"}\n{\"data\":\"3\"}\n",
                                   "Content-Type: application/x-ndjson\n");
    hub.turn();
    CHECK(first.state == State::held);
    CHECK(batch.state == State::held);
    CHECK(stream.event_data().empty());
    CHECK(hub.get("/a").response.status == 404);

    hub.log.complete(order);
    CHECK(first.response.status == 201);
    CHECK(first.field("RT-Id") == id_text(1));
    CHECK(batch.state == State::held);
    hub.log.complete(order);
    CHECK(batch.response.body == "{\"ids\":[\"" + id_text(2) + "\",\"" + id_text(3) + "\"]}\n");
    CHECK(batch.field("RT-Id") == id_text(3));
    hub.turn();
    CHECK(stream.event_data() == numbers(1, 3));
  }
}

TEST_CASE("a POST that the log refuses, and one whose peer does not wait") {
  HubServiceOptions options;
  options.access.allow_origins = {"https://app.example"};
  LateHub hub({}, options);
  FakeExchange& refused = hub.post("/a", "1", "Origin: https://app.example\n");
  FakeExchange& left = hub.post("/a", "2");
  hub.log.refuse();
  CHECK(refused.response.status == 503);
  CHECK(refused.field("Retry-After") == "1");
  CHECK(refused.field("Access-Control-Allow-Origin") == "https://app.example");
  CHECK(refused.response.body.find("the disk is full") != std::string::npos);
  left.leave();
  hub.complete_all();
  CHECK(left.state == State::held);
  CHECK(hub.get("/a").response.body == "2");
}

TEST_CASE("a POST that the log has taken still waits for the end of a pause") {
  LateHub hub;
  FakeExchange& posted = hub.post("/a", "1");
  hub.service.pause().set(true);
  hub.complete_all();
  CHECK(posted.state == State::held);
  hub.service.pause().set(false);
  CHECK(posted.response.status == 201);
}

TEST_CASE("a hub may go while publications wait for its log") {
  LateHub hub;
  hub.post("/a", "1");
  hub.websocket("/a", kV1).receive(PayloadKind::text, "{\"data\":\"2\"}");
  hub.stream("/b");
  CHECK(hub.log.appending() == 2);
}

TEST_CASE("a WebSocket is acknowledged what the log has") {
  LateHub hub;
  FakeExchange& v1 = hub.websocket("/a", kV1);
  FakeExchange& plain = hub.websocket("/a");
  for (const char* const line : {"{\"data\":\"1\"}", "{\"data\":\"2\"}", "{\"data\":\"3\"}"})
    v1.receive(PayloadKind::text, line);
  plain.receive(PayloadKind::text, "4");
  hub.turn();
  CHECK(v1.socket.out.empty());
  hub.log.complete();
  hub.log.complete();
  hub.turn();
  CHECK(v1.socket.payloads() == Strings{"{\"v\":1,\"ack\":\"" + id_text(2) + "\",\"count\":2}"});
  hub.complete_all();
  REQUIRE(v1.socket.payloads().size() == 3);
  CHECK(data_of_v1(v1) == Strings{"4"});
  CHECK(v1.socket.out.find("\"ack\":\"" + id_text(3) + "\",\"count\":3}") != std::string::npos);
  // Nobody hears an echo of its own, however late it comes.
  CHECK(plain.socket.payloads() == numbers(1, 3));

  plain.receive(PayloadKind::text, "5");
  v1.receive(PayloadKind::text, "{\"data\":\"6\"}");
  v1.leave();
  hub.log.refuse();
  CHECK(plain.socket.closed_with == 1013);
  hub.complete_all();
  CHECK(hub.get("/a").response.body == "6");
}

TEST_CASE("a WebSocket is not read from while the log has too much of it to take") {
  LateHub hub;
  FakeExchange& many = hub.websocket("/a");
  for (int i = 0; i < 255; ++i) many.receive(PayloadKind::text, "x");
  CHECK_FALSE(many.socket.paused);
  many.receive(PayloadKind::text, "x");
  CHECK(many.socket.paused);
  hub.service.pause().set(true);
  hub.service.pause().set(false);
  CHECK(many.socket.paused);
  hub.complete_all();
  CHECK_FALSE(many.socket.paused);
  FakeExchange& large = hub.websocket("/a");
  large.receive(PayloadKind::text, std::string(5u << 20, 'x'));
  CHECK(large.socket.paused);
  hub.complete_all();
  CHECK_FALSE(large.socket.paused);
}

TEST_CASE("a side has written when the log has it") {
  LateHub hub;
  HubSide side(hub.reactor, hub.service, {});
  auto message = std::make_shared<Message>();
  message->channel = "/a";
  message->payload = "1";
  const Batch batch{message, message};
  bool written = false;
  asio::co_spawn(
      hub.reactor.context(),
      [&]() -> asio::awaitable<void> {
        const Result<void> done = co_await side.write(batch);
        written = done.ok();
      },
      [](const std::exception_ptr&) {});
  hub.turn();
  CHECK(hub.log.appending() == 2);
  hub.log.complete();
  hub.turn();
  CHECK_FALSE(written);
  hub.log.refuse();
  hub.turn();
  CHECK(written);
  CHECK(side.skipped() == 1);
  CHECK_FALSE(side.has_unread());
  hub.bring("/a", {"2"});
  CHECK(side.has_unread());
}

TEST_CASE("what another node publishes reaches every kind of reader, under the log's ids") {
  LateHub hub({}, {}, {test::kHubEpoch, 40});
  FakeExchange& stream = hub.stream("/a");
  FakeExchange& socket = hub.websocket("/a");
  FakeExchange& latest = hub.get("/a?wait=30");
  FakeExchange& window = hub.get("/a?wait=30&since=" + id_text(40));
  CHECK(stream.out.ends_with("id: " + id_text(40) + "\n\n"));
  hub.bring("/a", {"far"});
  CHECK(stream.events().back() == sse::Event{"", "far", id_text(41)});
  CHECK(socket.socket.payloads() == Strings{"far"});
  CHECK(latest.response.body == "far");
  CHECK(data_of(window.response.body) == Strings{"far"});
  CHECK(window.field("RT-Next") == id_text(41));
}

TEST_CASE("when the log's history is another one, cursors of old see a gap") {
  LateHub hub(short_window());
  hub.bring("/a", numbers(1, 10));
  FakeExchange& live = hub.stream("/a");
  FakeExchange& loading = hub.stream("/a?since=" + id_text(1));
  FakeExchange& slow = hub.stream("/a?since=" + id_text(8));
  FakeExchange& stalled = hub.stream("/a");
  stalled.room = 0;
  hub.bring("/a", {"11"});
  hub.log.rotate();
  hub.bring("/a", {"12"});
  hub.read_all();
  stalled.writable();
  CHECK(data_of(live) == Strings{"11", "12"});
  CHECK(live.events().back().last_event_id == to_string(MessageId{test::kHubEpoch + 1, 12}));
  CHECK(data_of(slow) == Strings{"9", "10", "11", "12"});
  CHECK(data_of(loading) == Strings{"gap", "12"});
  CHECK(data_of(stalled) == Strings{"gap", "12"});
  CHECK(data_of(hub.stream("/a?since=" + id_text(11))) == Strings{"gap", "12"});
  FakeExchange& posted = hub.post("/a", "13");
  hub.complete_all();
  CHECK(posted.field("RT-Id") == to_string(MessageId{test::kHubEpoch + 1, 13}));
}

TEST_CASE("how the log is, is told under /-/") {
  LateHub hub;
  CHECK(hub.get("/-/health").response.status == 200);
  hub.post("/a", "1");
  CHECK(hub.get("/-/metrics").response.body.find("rtwire_log_waiting 1\n") != std::string::npos);
  hub.log.health_now = {false, "nothing has been \"appended\" for 5 s"};
  FakeExchange& failing = hub.get("/-/health");
  CHECK(failing.response.status == 503);
  CHECK(
      failing.response.body.starts_with("{\"status\":\"failing\",\"detail\":\"nothing has been "
                                        "\\\"appended\\\" for 5 s\",\"version\""));
}

}  // namespace
}  // namespace rt
