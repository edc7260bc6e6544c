// A hub on a log that completes later, that other nodes append to, and that keeps what no window
// holds.
#include <doctest/doctest.h>

#include <asio/co_spawn.hpp>
#include <string>
#include <vector>

#include "io/hub/side.hpp"
#include "unit/engine/late_log.hpp"
#include "unit/io/hub/service_fixture.hpp"

namespace rt {
namespace {

using test::FakeExchange;
using test::id_text;
using test::numbers;
using State = FakeExchange::State;
using Strings = std::vector<std::string>;

constexpr const char* kV1 = "Sec-WebSocket-Protocol: rt.v1\n";

struct LateHub : test::HubOn<LateLog> {
  explicit LateHub(HubLimits limits = {}, HubServiceOptions options = {},
                   MessageId start = {test::kHubEpoch, 0})
      : HubOn(limits, std::move(options), start) {}

  void complete_all() {
    while (log.appending() > 0) log.complete();
    turn();
  }
  void read_all() {
    while (log.reading() > 0) log.complete_read();
    turn();
  }
  // Another node has published these.
  void bring(const std::string& channel, const Strings& payloads) {
    for (const std::string& payload : payloads) {
      auto message = std::make_shared<Message>();
      message->payload = payload;
      message->channel = channel;
      log.foreign(channel, message);
    }
    turn();
  }
};

HubLimits short_window() {
  HubLimits limits;
  limits.history = 3;
  return limits;
}

// The payloads of NDJSON or of a JSON array, and "gap" for gaps.
Strings data_of(std::string_view body) {
  Strings all;
  while (!body.empty()) {
    const std::size_t end = body.find('\n');
    const std::string_view line = body.substr(0, end);
    body.remove_prefix(end == std::string_view::npos ? body.size() : end + 1);
    if (line.find("\"gap\":") != std::string_view::npos) all.emplace_back("gap");
    const std::size_t at = line.find("\"data\":\"");
    if (at == std::string_view::npos) continue;
    all.emplace_back(line.substr(at + 8, line.find('"', at + 8) - at - 8));
  }
  return all;
}

Strings data_of(const FakeExchange& stream) {
  Strings all;
  for (const sse::Event& event : stream.events())
    all.push_back(event.event == "rt.gap" ? "gap" : event.data);
  return all;
}

Strings data_of_v1(const FakeExchange& socket) {
  Strings all;
  for (const std::string& line : socket.socket.payloads())
    for (std::string& text : data_of(line)) all.push_back(std::move(text));
  return all;
}

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
  hub.websocket("/a", kV1).ws_listener->on_message(PayloadKind::text, "{\"data\":\"2\"}");
  hub.stream("/b");
  CHECK(hub.log.appending() == 2);
}

TEST_CASE("a WebSocket is acknowledged what the log has") {
  LateHub hub;
  FakeExchange& v1 = hub.websocket("/a", kV1);
  FakeExchange& plain = hub.websocket("/a");
  for (const char* const line : {"{\"data\":\"1\"}", "{\"data\":\"2\"}", "{\"data\":\"3\"}"})
    v1.ws_listener->on_message(PayloadKind::text, line);
  plain.ws_listener->on_message(PayloadKind::text, "4");
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

  plain.ws_listener->on_message(PayloadKind::text, "5");
  v1.ws_listener->on_message(PayloadKind::text, "{\"data\":\"6\"}");
  v1.leave();
  hub.log.refuse();
  CHECK(plain.socket.closed_with == 1013);
  hub.complete_all();
  CHECK(hub.get("/a").response.body == "6");
}

TEST_CASE("a WebSocket is not read from while the log has too much of it to take") {
  LateHub hub;
  FakeExchange& many = hub.websocket("/a");
  for (int i = 0; i < 255; ++i) many.ws_listener->on_message(PayloadKind::text, "x");
  CHECK_FALSE(many.socket.paused);
  many.ws_listener->on_message(PayloadKind::text, "x");
  CHECK(many.socket.paused);
  hub.service.pause().set(true);
  hub.service.pause().set(false);
  CHECK(many.socket.paused);
  hub.complete_all();
  CHECK_FALSE(many.socket.paused);
  FakeExchange& large = hub.websocket("/a");
  large.ws_listener->on_message(PayloadKind::text, std::string(5u << 20, 'x'));
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

// --- behind the window ---------------------------------------------------------------------------

TEST_CASE("a reader from before the window gets what the log has, and no gap") {
  const struct {
    std::uint64_t since;
    std::uint64_t lost;  // by the log, up to here
    Strings expected;
  } rows[] = {
      {0, 0, numbers(1, 10)},           {4, 0, numbers(5, 10)},
      {6, 0, numbers(7, 10)},           {7, 0, numbers(8, 10)},
      {4, 4, numbers(5, 10)},           {4, 6, {"gap", "7", "8", "9", "10"}},
      {4, 10, {"gap", "8", "9", "10"}},
  };
  for (const auto& row : rows) {
    CAPTURE(row.since);
    CAPTURE(row.lost);
    LateHub hub(short_window());
    hub.bring("/a", numbers(1, 10));
    hub.log.lose("/a", row.lost);
    const std::string query = "/a?since=" + id_text(row.since);
    FakeExchange& stream = hub.stream(query);
    FakeExchange& resumed = hub.stream("/a", "Last-Event-ID: " + id_text(row.since) + "\n");
    FakeExchange& v1 = hub.websocket(query, kV1);
    FakeExchange& plain = hub.websocket(query);
    FakeExchange& lines = hub.get(query);
    FakeExchange& array = hub.get(query, "Accept: application/json\n");
    FakeExchange& waiting = hub.get(query + "&wait=30");
    hub.turn();
    hub.read_all();
    CHECK(data_of(stream) == row.expected);
    CHECK(data_of(resumed) == row.expected);
    CHECK(data_of_v1(v1) == row.expected);
    const bool gap = row.expected[0] == "gap";
    CHECK(plain.socket.closed_with == (gap ? 4008 : 0));
    if (!gap) CHECK(plain.socket.payloads() == row.expected);
    for (const FakeExchange* const poll : {&lines, &array, &waiting}) {
      REQUIRE(poll->state == State::answered);
      CHECK(data_of(poll->response.body) == row.expected);
      CHECK(poll->field("RT-Next") == id_text(10));
      CHECK(poll->field("RT-Gap").has_value() == gap);
    }
    CHECK(array.response.body.starts_with("[{"));
    CHECK(array.response.body.ends_with("}]\n"));
    // They are live from then on.
    hub.bring("/a", {"11"});
    CHECK(stream.event_data().back() == "11");
    CHECK(data_of_v1(v1).back() == "11");
    if (!gap) CHECK(plain.socket.payloads().back() == "11");
  }
}

TEST_CASE("ids that the log never gave are not looked for in it") {
  LateHub hub(short_window());
  hub.bring("/a", numbers(1, 10));
  for (const std::string& since : {std::string("0123456789-1"), id_text(99), std::string("what")}) {
    CAPTURE(since);
    CHECK(data_of(hub.stream("/a?since=" + since)) == Strings{"gap", "8", "9", "10"});
    CHECK(data_of(hub.get("/a?since=" + since).response.body) == Strings{"gap", "8", "9", "10"});
  }
  CHECK(hub.log.reads == 0);
}

TEST_CASE("a log that cannot be read is a gap") {
  LateHub hub(short_window());
  hub.bring("/a", numbers(1, 10));
  FakeExchange& stream = hub.stream("/a?since=" + id_text(1));
  FakeExchange& poll = hub.get("/a?since=" + id_text(1));
  hub.log.refuse_read();
  hub.log.refuse_read();
  CHECK(data_of(stream) == Strings{"gap", "8", "9", "10"});
  CHECK(data_of(poll.response.body) == Strings{"gap", "8", "9", "10"});
}

TEST_CASE("while a reader is loading, news wait behind what it loads") {
  LateHub hub(short_window());
  hub.bring("/a", numbers(1, 10));
  FakeExchange& stream = hub.stream("/a?since=" + id_text(2));
  FakeExchange& poll = hub.get("/a?since=" + id_text(2));
  FakeExchange& live = hub.stream("/a");
  // The window moves on past what the log was asked for.
  hub.bring("/a", numbers(11, 20));
  CHECK(data_of(live) == numbers(11, 20));
  CHECK(stream.out == "retry: 2000\n\n");
  CHECK(poll.state == State::held);
  hub.read_all();
  CHECK(data_of(stream) == numbers(3, 20));
  CHECK(data_of(poll.response.body) == numbers(3, 20));
}

TEST_CASE("much is loaded in parts, and no faster than it is taken") {
  LateHub hub(short_window());
  hub.bring("/a", numbers(1, 1000));
  FakeExchange& stream = hub.stream("/a?since=" + id_text(0));
  for (int i = 0; i < 3; ++i) {
    stream.room = 0;
    REQUIRE(hub.log.reading() == 1);
    hub.log.complete_read();
    CHECK(hub.log.reading() == 0);
    hub.turn();
    CHECK(hub.log.reading() == 0);
    stream.writable();
  }
  hub.read_all();
  CHECK(hub.log.reads == 4);
  CHECK(data_of(stream) == numbers(1, 1000));

  FakeExchange& poll = hub.get("/a?since=" + id_text(0));
  hub.read_all();
  CHECK(data_of(poll.response.body) == numbers(1, 1000));
}

TEST_CASE("what is loaded may be cut anywhere") {
  for (std::size_t step = 1; step <= 60; ++step) {
    CAPTURE(step);
    LateHub hub(short_window());
    hub.bring("/a", numbers(1, 8));
    FakeExchange& stream = hub.stream("/a?since=" + id_text(1));
    stream.room = step;
    for (int i = 0; i < 2000 && (hub.log.reading() > 0 || stream.room == 0); ++i) {
      if (hub.log.reading() > 0) hub.log.complete_read();
      if (stream.room == 0) stream.writable(step);
    }
    stream.writable();
    CHECK(data_of(stream) == numbers(2, 8));
  }
}

TEST_CASE("a poll behind the window keeps its limit") {
  LateHub hub(short_window());
  hub.bring("/a", numbers(1, 10));
  Strings all;
  std::string cursor = id_text(0);
  for (int i = 0; i < 4; ++i) {
    FakeExchange& poll = hub.get("/a?limit=3&since=" + cursor);
    hub.read_all();
    for (std::string& text : data_of(poll.response.body)) all.push_back(std::move(text));
    cursor = *poll.field("RT-Next");
  }
  CHECK(all == numbers(1, 10));
}

TEST_CASE("a slow reader that the window passes reads on from the log") {
  LateHub hub(short_window());
  FakeExchange& stream = hub.stream("/a");
  FakeExchange& socket = hub.websocket("/a");
  FakeExchange& unread = hub.stream("/a");
  stream.room = 20;
  unread.room = 0;
  socket.socket.stalled = true;
  socket.ws_listener->on_message(PayloadKind::text, "own");
  hub.complete_all();
  for (const std::string& payload : numbers(1, 20)) hub.bring("/a", {payload});
  socket.ws_listener->on_message(PayloadKind::text, "own");
  hub.complete_all();
  for (const std::string& payload : numbers(21, 30)) hub.bring("/a", {payload});
  stream.writable();
  unread.writable();
  socket.socket.stalled = false;
  socket.socket_writable();
  hub.read_all();
  Strings expected = numbers(1, 20);
  expected.insert(expected.begin(), "own");
  expected.emplace_back("own");
  for (std::string& payload : numbers(21, 30)) expected.push_back(payload);
  CHECK(data_of(stream) == expected);
  CHECK(data_of(unread) == expected);
  // What it published itself does not come back from the log either.
  CHECK(socket.socket.payloads() == numbers(1, 30));
}

TEST_CASE("a channel that is in no window yet is read from the log") {
  LateHub hub;
  LateLog before({test::kHubEpoch, 0});
  hub.bring("/a", numbers(1, 3));
  // As after a restart: the log is at 3, and no window holds anything.
  hub.hub.rotate({test::kHubEpoch, 3});
  FakeExchange& stream = hub.stream("/a?since=" + id_text(1));
  FakeExchange& poll = hub.get("/a?since=" + id_text(1));
  FakeExchange& none = hub.get("/none?since=" + id_text(0));
  hub.read_all();
  CHECK(data_of(stream) == numbers(2, 3));
  CHECK(data_of(poll.response.body) == numbers(2, 3));
  CHECK(data_of(none.response.body).empty());
}

TEST_CASE("whoever leaves, or is sent away, while it is loading") {
  LateHub hub(short_window());
  hub.bring("/a", numbers(1, 10));
  const std::string query = "/a?since=" + id_text(1);
  hub.stream(query).leave();
  hub.websocket(query).leave();
  hub.get(query).leave();
  CHECK(hub.log.reading() == 0);
  FakeExchange& poll = hub.get(query + "&wait=30");
  FakeExchange& stream = hub.stream(query);
  hub.service.drain();
  CHECK(poll.state == State::answered);
  CHECK(poll.field("RT-Next") == id_text(1));
  CHECK(stream.state == State::ended);
  CHECK(hub.log.reading() == 0);
}

// --- the log itself ------------------------------------------------------------------------------

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
