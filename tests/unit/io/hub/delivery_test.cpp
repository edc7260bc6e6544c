// Event streams and WebSockets of a hub: what readers at different speeds get, and in how many
// writes.
#include "io/hub/delivery.hpp"

#include <doctest/doctest.h>

#include <numeric>

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

TEST_CASE("frames: text and binary, plain and with envelopes") {
  HubFixture hub;
  FakeExchange& plain = hub.websocket("/f");
  FakeExchange& v1 = hub.websocket("/f", kV1);
  hub.post("/f", "text");
  hub.post("/f", "bytes\xFF");
  hub.post("/f", std::string(100'000, 'l'));
  hub.turn();
  const auto messages = plain.socket.messages();
  REQUIRE(messages.size() == 3);
  CHECK(messages[0].opcode == ws::Opcode::text);
  CHECK(messages[1].opcode == ws::Opcode::binary);
  CHECK(messages[1].payload == "bytes\xFF");
  CHECK(messages[2].payload == std::string(100'000, 'l'));
  const auto lines = v1.socket.messages();
  REQUIRE(lines.size() == 3);
  for (const auto& line : lines) CHECK(line.opcode == ws::Opcode::text);
  CHECK(lines[1].payload.find("data_base64") != std::string::npos);
}

TEST_CASE("what is published within one turn leaves in one write per reader") {
  HubFixture hub;
  FakeExchange& stream = hub.stream("/t");
  FakeExchange& socket = hub.websocket("/t");
  FakeExchange& v1 = hub.websocket("/t", kV1);
  FakeExchange& elsewhere = hub.stream("/u");
  const std::size_t before = stream.writes.size();
  for (const std::string& payload : numbers(1, 8)) hub.post("/t", payload);
  CHECK(stream.writes.size() == before);  // not before the turn's end
  hub.turn();
  CHECK(stream.writes.size() == before + 1);
  CHECK(socket.socket.writes.size() == 1);
  CHECK(v1.socket.writes.size() == 1);
  CHECK(stream.event_data() == numbers(1, 8));
  CHECK(socket.socket.payloads() == numbers(1, 8));
  CHECK(elsewhere.event_data().empty());
  hub.turn();
  CHECK(stream.writes.size() == before + 1);
}

TEST_CASE("nobody hears an echo of what came by the own connection") {
  HubFixture hub;
  FakeExchange& one = hub.websocket("/e");
  FakeExchange& other = hub.websocket("/e");
  FakeExchange& v1 = hub.websocket("/e", kV1);
  FakeExchange& stream = hub.stream("/e");
  one.ws_listener->on_message(PayloadKind::text, "from one");
  hub.publish("/e", "from here");
  one.ws_listener->on_message(PayloadKind::binary, "again");
  v1.ws_listener->on_message(PayloadKind::text, "{\"data\":\"from v1\"}");
  hub.turn();
  CHECK(one.socket.payloads() == Strings{"from here", "from v1"});
  CHECK(other.socket.payloads() == Strings{"from one", "from here", "again", "from v1"});
  REQUIRE(stream.event_data().size() == 4);
  CHECK(stream.event_data()[0] == "from one");
  // v1 gets the others' three, and one acknowledgement for the whole turn.
  const Strings lines = v1.socket.payloads();
  REQUIRE(lines.size() == 4);
  CHECK(lines.back() == "{\"v\":1,\"ack\":\"" + id_text(4) + "\",\"count\":1}");

  // The next connection may come to stand where the last one stood; it is another one.
  one.leave();
  FakeExchange& next = hub.websocket("/e?since=");
  CHECK(next.socket.payloads().size() == 4);
  next.ws_listener->on_message(PayloadKind::text, "mine");
  hub.publish("/e", "yours");
  hub.turn();
  CHECK(next.socket.payloads().back() == "yours");
  CHECK(next.socket.payloads().size() == 5);
}

TEST_CASE("a new connection is not taken for the one that stood at its address") {
  HubFixture hub;
  for (int i = 0; i < 20; ++i) {
    FakeExchange& first = hub.websocket("/x");
    first.ws_listener->on_message(PayloadKind::text, "by the first");
    first.leave();
    FakeExchange& second = hub.upgrade("/x?last=1");
    second.socket.stalled = true;
    second.socket.full = true;  // it takes nothing yet
    second.ws_listener->on_open(second.socket);
    second.ws_listener->on_message(PayloadKind::text, "by the second");
    second.socket_writable();
    CHECK(second.socket.payloads() == Strings{"by the first"});
    second.leave();
    hub.turn();
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
  publisher.ws_listener->on_message(PayloadKind::text, "0");
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

TEST_CASE("large messages go to a WebSocket in pieces of whole frames") {
  HubFixture hub;
  const std::string large(1'000'000, 'L');
  FakeExchange& socket = hub.websocket("/l");
  socket.socket.stalled = true;
  hub.publish("/l", "a");
  hub.publish("/l", large);
  hub.publish("/l", "b");
  hub.turn();
  int rounds = 0;
  while (socket.socket.full && ++rounds < 100) socket.socket_writable();
  CHECK(socket.socket.payloads() == Strings{"a", large, "b"});
  for (const std::size_t size : socket.socket.writes) CHECK(size <= (64u << 10));
  // A stream has no frames.
  FakeExchange& stream = hub.stream("/l?since=");
  CHECK(stream.event_data() == Strings{"a", large, "b"});
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

TEST_CASE("a burst larger than the window within one turn reaches fast readers without a gap") {
  const auto burst = [](HubLimits limits, std::size_t messages, std::size_t size) {
    CAPTURE(limits.history);
    CAPTURE(limits.history_bytes);
    CAPTURE(limits.memory);
    HubFixture hub(limits);
    FakeExchange& stream = hub.stream("/b");
    FakeExchange& plain = hub.websocket("/b");
    FakeExchange& v1 = hub.websocket("/b", kV1);
    FakeExchange& other = hub.stream("/other");
    std::string batch;
    for (std::size_t i = 0; i < messages; ++i) {
      std::string payload = std::to_string(i);
      payload.resize(size, '.');
      if (i % 3 == 0) {
        hub.publish("/b", payload);
      } else if (i % 3 == 1) {
        hub.post("/b", payload);
      } else {
        hub.publish("/other", "x");
        hub.post("/b", "{\"data\":\"" + payload + "\",\"properties\":{\"k\":\"v\"}}",
                 "Content-Type: application/x-ndjson\n");
      }
    }
    hub.turn();
    const auto events = stream.events();
    REQUIRE(events.size() == messages);
    for (const sse::Event& event : events) CHECK(event.event.empty());
    CHECK(plain.socket.closed_with == 0);
    CHECK(plain.socket.payloads().size() == messages);
    CHECK(v1.socket.payloads().size() == messages);
    for (const sse::Event& event : other.events()) CHECK(event.event.empty());
    return stream.writes.size();
  };
  HubLimits limits;
  limits.history = 10;
  burst(limits, 200, 8);
  limits.history = 1;
  burst(limits, 50, 8);
  limits = {};
  limits.history_bytes = 16u << 10;
  burst(limits, 200, 64);
  limits.history_bytes = 8u << 10;
  burst(limits, 100, 1000);
  limits = {};
  limits.memory = 128u << 10;
  burst(limits, 300, 64);
  limits = {};
  CHECK(burst(limits, 1000, 8) < 20);
}

TEST_CASE("a batch of one request reaches fast readers without a gap, too") {
  HubLimits limits;
  limits.history = 10;
  HubFixture hub(limits);
  FakeExchange& stream = hub.stream("/b");
  std::string batch;
  for (int i = 1; i <= 500; ++i) batch += "{\"data\":\"" + std::to_string(i) + "\"}\n";
  hub.post("/b", batch, "Content-Type: application/x-ndjson\n");
  hub.turn();
  CHECK(stream.event_data() == numbers(1, 500));
}

TEST_CASE("readers come and go while they are written to") {
  HubFixture hub;
  std::vector<FakeExchange*> all;
  for (int i = 0; i < 10; ++i) {
    all.push_back(&hub.stream("/r"));
    all.push_back(&hub.get("/r?wait=30&since=" + id_text(0)));
    all.push_back(&hub.websocket("/r"));
  }
  all[3]->leave();
  hub.publish("/r", "1");
  all[0]->leave();
  all[4]->leave();
  all[5]->leave();
  hub.turn();
  FakeExchange& late = hub.stream("/r");
  hub.publish("/r", "2");
  all[29]->leave();
  hub.turn();
  CHECK(late.event_data() == Strings{"2"});
  for (std::size_t i = 6; i < 29; ++i) {
    CAPTURE(i);
    if (i % 3 == 0) CHECK(all[i]->event_data() == numbers(1, 2));
    if (i % 3 == 1) CHECK(all[i]->response.status == 200);
    if (i % 3 == 2) CHECK(all[i]->socket.payloads() == numbers(1, 2));
  }
}

TEST_CASE("a channel never gets the bytes of one that was dropped") {
  HubLimits limits;
  limits.max_channels = 1;
  HubFixture hub(limits);
  for (int i = 0; i < 20; ++i) {
    const std::string name = "/" + std::to_string(i);
    hub.publish(name, "first of " + name);
    hub.publish(name, "second of " + name);
    FakeExchange& stream = hub.stream(name + "?since=");
    CHECK(stream.event_data() == Strings{"first of " + name, "second of " + name});
    stream.leave();
  }
}

TEST_CASE("publishing over a WebSocket") {
  HubFixture hub;
  Channel& channel = *hub.hub.open("/p");
  FakeExchange& v1 = hub.websocket("/p", kV1);
  v1.ws_listener->on_message(PayloadKind::text,
                             "{\"data\":\"x\",\"event\":\"e\",\"channel\":\"/else\"}");
  v1.ws_listener->on_message(PayloadKind::text, "{\"gap\":{\"missed\":3}}");
  v1.ws_listener->on_message(PayloadKind::binary, "{\"data_base64\":\"/w==\"}");
  REQUIRE(channel.size() == 2);
  CHECK(channel.at(0).message->channel == "/p");
  CHECK(channel.at(0).message->event == "e");
  CHECK(channel.at(1).message->payload == "\xFF");
  hub.turn();
  CHECK(v1.socket.payloads() == Strings{"{\"v\":1,\"ack\":\"" + id_text(2) + "\",\"count\":2}"});
  v1.ws_listener->on_message(PayloadKind::text, "no envelope");
  CHECK(v1.socket.closed_with == 1007);

  FakeExchange& plain = hub.websocket("/p");
  plain.ws_listener->on_message(PayloadKind::binary, "b");
  CHECK(channel.back().message->kind == PayloadKind::binary);
  CHECK(plain.socket.out.empty());
}

TEST_CASE("acknowledgements do not pile up for a peer that does not read") {
  HubFixture hub;
  FakeExchange& v1 = hub.websocket("/p", kV1);
  v1.socket.stalled = true;
  for (int i = 0; i < 100; ++i) {
    v1.ws_listener->on_message(PayloadKind::text, "{\"data\":\"x\"}");
    hub.turn();
  }
  CHECK(v1.socket.writes.size() == 1);
  for (int i = 0; i < 10 && v1.socket.full; ++i) v1.socket_writable();
  const Strings lines = v1.socket.payloads();
  CHECK(lines.size() <= 3);
  CHECK(lines.back() == "{\"v\":1,\"ack\":\"" + id_text(100) + "\",\"count\":100}");
}

TEST_CASE("--echo: everything comes back, and whoever does not take it is not listened to") {
  HubServiceOptions options;
  options.echo = true;
  HubFixture hub({}, options);
  FakeExchange& one = hub.websocket("/echo");
  FakeExchange& other = hub.websocket("/echo");
  one.ws_listener->on_message(PayloadKind::text, "hello");
  one.ws_listener->on_message(PayloadKind::binary, std::string(200'000, '\xFF'));
  hub.turn();
  const auto messages = one.socket.messages();
  REQUIRE(messages.size() == 2);
  CHECK(messages[0].payload == "hello");
  CHECK(messages[1].opcode == ws::Opcode::binary);
  CHECK(messages[1].payload.size() == 200'000);
  CHECK(other.socket.out.empty());
  CHECK(hub.get("/echo").response.status == 404);

  one.socket.stalled = true;
  one.ws_listener->on_message(PayloadKind::text, "a");
  CHECK_FALSE(one.socket.paused);
  one.ws_listener->on_message(PayloadKind::text, "b");
  CHECK(one.socket.paused);
  // A pause of all publishers that ends does not end this one.
  hub.service.pause().set(true);
  hub.service.pause().set(false);
  CHECK(one.socket.paused);
  one.socket.stalled = false;
  one.socket_writable();
  CHECK_FALSE(one.socket.paused);
  CHECK(one.socket.payloads().back() == "b");
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

TEST_CASE("counts") {
  HubFixture hub;
  hub.stream("/a");
  hub.websocket("/a");
  hub.post("/a", "1");
  hub.post("/b", "2");
  hub.turn();
  const std::string metrics = hub.get("/-/metrics").response.body;
  CHECK(metrics.find("rtwire_published_total 2\n") != std::string::npos);
  CHECK(metrics.find("rtwire_delivered_total 2\n") != std::string::npos);
}

}  // namespace
}  // namespace rt
