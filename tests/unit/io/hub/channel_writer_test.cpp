#include "io/hub/channel_writer.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "codec/envelope.hpp"
#include "codec/rt_v1.hpp"
#include "unit/io/hub/service_fixture.hpp"

namespace rt {
namespace {

using test::FakeExchange;
using test::HubFixture;
using test::id_text;
using test::numbers;
using Strings = std::vector<std::string>;

constexpr const char* kV1 = "Sec-WebSocket-Protocol: rt.v1\n";

// What a reader at speed reads of the channel, as the log holds it.
Strings data_of(const std::vector<sse::Event>& events) {
  Strings all;
  for (const sse::Event& event : events) all.push_back(event.data);
  return all;
}

TEST_CASE("where a reader starts") {
  HubLimits limits;
  limits.history = 3;
  HubFixture hub(limits);
  for (const std::string& payload : numbers(1, 5)) hub.publish("/s", payload);
  const auto gap = [](std::string_view from, std::string_view missed) {
    return "{\"gap\":{\"from\":\"" + std::string(from) + "\"" + std::string(missed) + "}}";
  };
  const struct {
    std::string query;
    std::string last_event_id;
    std::string gap;
    Strings payloads;
  } rows[] = {
      {"", "", "", {}},
      {"?since=", "", "", numbers(3, 5)},
      {"?since=" + id_text(4), "", "", numbers(5, 5)},
      {"?since=" + id_text(5), "", "", {}},
      {"?last=2", "", "", numbers(4, 5)},
      {"", id_text(3), "", numbers(4, 5)},
      {"?since=" + id_text(4), id_text(3), "", numbers(4, 5)},
      {"?since=" + id_text(0), "", gap(id_text(0), ",\"missed\":2"), numbers(3, 5)},
      {"?since=" + id_text(1), "", gap(id_text(1), ""), numbers(3, 5)},
      {"", "0123456789-7", gap("0123456789-7", ""), numbers(3, 5)},
      {"", "what?", gap("what?", ""), numbers(3, 5)},
  };
  for (const auto& row : rows) {
    CAPTURE(row.query);
    CAPTURE(row.last_event_id);
    const std::string fields =
        row.last_event_id.empty() ? "" : "Last-Event-ID: " + row.last_event_id + "\n";
    FakeExchange& stream = hub.stream("/s" + row.query, fields);
    std::vector<sse::Event> events = stream.events();
    if (!row.gap.empty()) {
      REQUIRE_FALSE(events.empty());
      CHECK(events[0].event == "rt.gap");
      CHECK(events[0].data == row.gap);
      events.erase(events.begin());
    }
    CHECK(data_of(events) == row.payloads);
    // A WebSocket cannot send Last-Event-ID.
    if (!row.last_event_id.empty()) continue;
    FakeExchange& plain = hub.websocket("/s" + row.query);
    if (row.gap.empty()) {
      CHECK(plain.socket.payloads() == row.payloads);
    } else {
      CHECK(plain.socket.closed_with == 4008);
      CHECK(plain.socket.out.empty());
    }
    FakeExchange& v1 = hub.websocket("/s" + row.query, kV1);
    Strings lines = v1.socket.payloads();
    if (!row.gap.empty()) {
      REQUIRE_FALSE(lines.empty());
      CHECK(lines[0] == "{\"v\":1," + row.gap.substr(1));
      lines.erase(lines.begin());
    }
    REQUIRE(lines.size() == row.payloads.size());
    for (std::size_t i = 0; i < lines.size(); ++i)
      CHECK(lines[i].ends_with("\"data\":\"" + row.payloads[i] + "\"}"));
  }
}

TEST_CASE("a stream that is cut at every byte comes out whole") {
  const Strings payloads = {"1", std::string(50, 'x'), "two\nlines", "", "bytes\xFF", "6"};
  std::string whole;
  for (std::size_t step = 0; step <= 80; ++step) {
    HubFixture hub;
    FakeExchange& stream = hub.stream("/c");
    stream.room = step == 0 ? FakeExchange::kNoLimit : step;
    for (const std::string& payload : payloads) hub.post("/c", payload);
    hub.turn();
    // Nobody writes to it before it is writable.
    const std::size_t writes = stream.writes.size();
    if (step > 0) {
      hub.post("/c", "later");
      hub.turn();
      CHECK(stream.writes.size() == writes);
      for (int i = 0; i < 2000 && stream.room == 0; ++i) stream.writable(step);
      stream.writable();
    } else {
      hub.post("/c", "later");
      hub.turn();
    }
    REQUIRE(stream.events().size() == payloads.size() + 1);
    // The times in envelopes differ from run to run.
    std::string out = stream.out;
    for (std::size_t at = out.find("\"time\":\""); at != std::string::npos;
         at = out.find("\"time\":\"", at))
      out.erase(at, 36);
    if (step == 0) whole = out;
    CAPTURE(step);
    CHECK(out == whole);
  }
}

TEST_CASE("a cut may fall at any place of the first write") {
  for (std::size_t first = 0; first < 400; ++first) {
    HubFixture hub;
    for (const std::string& payload : numbers(1, 6)) hub.publish("/c", payload);
    FakeExchange& stream = hub.stream("/c");
    stream.room = first;
    for (const std::string& payload : numbers(7, 12)) hub.publish("/c", payload);
    hub.turn();
    stream.writable();
    CAPTURE(first);
    CHECK(stream.event_data() == numbers(7, 12));
  }
}

TEST_CASE("a slow reader gets all that it missed in few writes") {
  HubFixture hub;
  FakeExchange& stream = hub.stream("/s");
  FakeExchange& socket = hub.websocket("/s");
  FakeExchange& publisher = hub.websocket("/s");
  publisher.socket.stalled = true;
  stream.room = 0;
  socket.socket.stalled = true;
  publisher.receive(PayloadKind::text, "0");
  hub.turn();
  const std::size_t stream_writes = stream.writes.size();
  for (const std::string& payload : numbers(1, 200)) {
    hub.publish("/s", payload);
    hub.turn();
  }
  CHECK(stream.writes.size() == stream_writes);
  CHECK(socket.socket.writes.size() == 1);
  stream.writable();
  socket.socket.stalled = false;
  socket.socket_writable();
  publisher.socket.stalled = false;
  publisher.socket_writable();
  hub.turn();
  Strings all = numbers(0, 200);
  CHECK(stream.event_data() == all);
  CHECK(socket.socket.payloads() == all);
  CHECK(publisher.socket.payloads() == numbers(1, 200));
  CHECK(stream.writes.size() <= stream_writes + 3);
  CHECK(socket.socket.writes.size() <= 3);
  CHECK(publisher.socket.writes.size() <= 3);
}

TEST_CASE("what grows much is made in pieces, a part in each turn, for each kind of reader") {
  const Strings payloads = {"before", std::string(400'000, '\n'), "between",
                            std::string(400'000, '\x01'), "after"};
  for (const bool slow : {false, true}) {
    CAPTURE(slow);
    HubFixture hub;
    FakeExchange& plain = hub.stream("/g");
    FakeExchange& enveloped = hub.get("/g", "Accept: text/event-stream;profile=\"rt.v1\"\n");
    FakeExchange& frames = hub.websocket("/g");
    FakeExchange& lines = hub.websocket("/g", kV1);
    FakeExchange& own = hub.websocket("/g", kV1);
    own.receive(PayloadKind::text, R"({"data":"mine"})");
    hub.turn();
    own.socket.out.clear();
    lines.socket.out.clear();
    frames.socket.out.clear();
    if (slow) {
      plain.room = enveloped.room = 10'000;
      frames.socket.stalled = lines.socket.stalled = own.socket.stalled = true;
    }
    for (const std::string& payload : payloads) hub.publish("/g", payload);
    std::size_t most = 0;
    const auto turns = [&] {
      for (;;) {
        const std::size_t before = plain.out.size() + lines.socket.out.size();
        if (hub.reactor.context().poll_one() == 0) return;
        if (!slow) most = std::max(most, plain.out.size() + lines.socket.out.size() - before);
      }
    };
    turns();
    hub.reactor.context().restart();
    own.receive(PayloadKind::text, R"({"data":"mine, too"})");
    turns();
    for (int i = 0; slow && i < 2000; ++i) {
      for (FakeExchange* const stream : {&plain, &enveloped})
        if (stream->room == 0) stream->writable(10'000);
      for (FakeExchange* const socket : {&frames, &lines, &own})
        if (socket->socket.full) socket->socket_writable();
      hub.turn();
    }
    const std::vector<sse::Event> events = plain.events();
    REQUIRE(events.size() == 7);
    CHECK((events[2].data == payloads[1]));
    envelope::Reader reader;
    const auto payload_of = [&](const std::string& line) { return reader.read(line)->payload; };
    CHECK((events[4].data == payloads[3]));
    REQUIRE(enveloped.events().size() == 7);
    for (std::size_t i = 0; i < payloads.size(); ++i)
      CHECK((payload_of(enveloped.events()[i + 1].data) == payloads[i]));
    CHECK((frames.socket.payloads() ==
           Strings{payloads[0], payloads[1], payloads[2], payloads[3], payloads[4], "mine, too"}));
    const Strings got = lines.socket.payloads();
    REQUIRE(got.size() == 6);
    for (std::size_t i = 0; i < payloads.size(); ++i) CHECK((payload_of(got[i]) == payloads[i]));
    // The acknowledgements stand between messages.
    Strings others;
    for (const std::string& line : own.socket.payloads())
      if (!v1::read_ack(line)) others.push_back(payload_of(line));
    CHECK((others == payloads));
    for (const std::size_t size : lines.socket.writes) CHECK(size <= (64u << 10));
    if (!slow) CHECK(most < (9u << 17));
    // No encoding of such a message is kept: they would be eight million bytes more.
    CHECK(hub.hub.memory_used() < 6'000'000);
  }
}

TEST_CASE("a message that is made in pieces counts while a reader is in the middle of it") {
  HubLimits limits;
  limits.history = 1;
  HubFixture hub(limits);
  FakeExchange& stream = hub.stream("/g");
  stream.room = 100'000;
  hub.publish("/g", std::string(400'000, '\n'));
  hub.turn();
  CHECK(hub.hub.pinned() == 0);
  hub.publish("/g", "next");
  hub.turn();
  CHECK(hub.hub.pinned() >= 400'000);
  CHECK(hub.hub.pinned() < 500'000);
  stream.writable();
  hub.turn();
  CHECK(hub.hub.pinned() == 0);
  CHECK(stream.event_data().back() == "next");
}

TEST_CASE("a reader that falls out of the window is told, in its place") {
  HubLimits limits;
  limits.history = 4;
  HubFixture hub(limits);
  FakeExchange& stream = hub.stream("/g");
  FakeExchange& plain = hub.websocket("/g");
  FakeExchange& v1 = hub.websocket("/g", kV1);
  FakeExchange& fast = hub.stream("/g");
  stream.room = 25;  // in the middle of the first message
  plain.socket.stalled = true;
  v1.socket.stalled = true;
  for (const std::string& payload : numbers(1, 10)) {
    hub.publish("/g", payload);
    hub.turn();
  }
  CHECK(fast.event_data() == numbers(1, 10));
  stream.writable();
  plain.socket.stalled = false;
  plain.socket_writable();
  v1.socket.stalled = false;
  v1.socket_writable();
  const auto events = stream.events();
  REQUIRE(events.size() == 6);
  CHECK(events[0].data == "1");
  CHECK(events[1].event == "rt.gap");
  CHECK(events[1].data == "{\"gap\":{\"from\":\"" + id_text(1) + "\",\"missed\":5}}");
  CHECK(events[1].last_event_id == id_text(1));
  CHECK(events[2].data == "7");
  CHECK(events[5].data == "10");
  CHECK(plain.socket.payloads() == Strings{"1"});
  CHECK(plain.socket.closed_with == 4008);
  const Strings lines = v1.socket.payloads();
  REQUIRE(lines.size() == 6);
  CHECK(lines[1] == "{\"v\":1,\"gap\":{\"from\":\"" + id_text(1) + "\",\"missed\":5}}");
  CHECK(lines[5].find("\"data\":\"10\"") != std::string::npos);
}

}  // namespace
}  // namespace rt
