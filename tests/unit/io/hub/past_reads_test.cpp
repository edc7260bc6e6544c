// Readers from before the window: over streams, sockets and polls alike.
#include "io/hub/past_reads.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

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
  socket.receive(PayloadKind::text, "own");
  hub.complete_all();
  for (const std::string& payload : numbers(1, 20)) hub.bring("/a", {payload});
  socket.receive(PayloadKind::text, "own");
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

}  // namespace
}  // namespace rt
