#include "io/hub/web_sockets.hpp"

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

constexpr const char* kV1 = "Sec-WebSocket-Protocol: rt.v1\n";

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

// What a client that has agreed on compression reads in these bytes.
class Inflated final : public ws::SessionListener {
 public:
  explicit Inflated(std::string bytes) {
    ws::SessionOptions options;
    options.role = ws::Role::client;
    options.mask_key = [] { return 1u; };
    ws::DeflateTerms terms;
    terms.on = true;
    terms.server_no_context_takeover = true;
    ws::Session session(options, *this, terms);
    session.receive(bytes);
    CHECK(session.state() == ws::Session::State::open);
  }
  void on_message(PayloadKind, ws::Payload payload) override { messages.push_back(payload.take()); }
  void on_control(ws::Opcode, std::string_view) override {}
  bool on_hold(std::size_t) override { return true; }

  Strings messages;
};

TEST_CASE("compressed messages are made once, and every reader can begin with any of them") {
  HubFixture hub;
  const std::string text(5'000, 't');
  const auto compressing = [&](std::string_view fields) -> FakeExchange& {
    FakeExchange& exchange = hub.upgrade("/c", fields);
    exchange.socket.compressed = true;
    exchange.ws_listener->on_open(exchange.socket);
    return exchange;
  };
  FakeExchange& plain = hub.websocket("/c");
  FakeExchange& first = compressing("");
  FakeExchange& v1 = compressing(kV1);
  hub.publish("/c", text);
  hub.publish("/c", "short");
  hub.turn();
  FakeExchange& second = compressing("");
  hub.publish("/c", text);
  hub.turn();
  CHECK(plain.socket.payloads() == Strings{text, "short", text});
  CHECK(first.socket.out.size() < text.size() / 10);
  CHECK(Inflated(first.socket.out).messages == Strings{text, "short", text});
  CHECK(Inflated(second.socket.out).messages == Strings{text});
  const Strings lines = Inflated(v1.socket.out).messages;
  REQUIRE(lines.size() == 3);
  CHECK(lines[0].find("\"data\":\"ttt") != std::string::npos);
  Entry& last = hub.hub.find("/c")->back();
  CHECK(last.wire[static_cast<std::size_t>(Wire::ws_plain_deflated)].use_count() == 1);
  CHECK(first.socket.out.ends_with(*last.wire[static_cast<std::size_t>(Wire::ws_plain_deflated)]));
}

TEST_CASE("a subprotocol that the server was told of is chosen where a client offers it") {
  HubServiceOptions options;
  options.subprotocols = {"chat.v2", "chat.v1"};
  HubFixture hub({}, options);
  const struct {
    const char* offered;
    const char* chosen;
  } rows[] = {
      {"", ""},
      {"Sec-WebSocket-Protocol: chat.v1\n", "chat.v1"},
      {"Sec-WebSocket-Protocol: other, chat.v1, chat.v2\n", "chat.v2"},
      {"Sec-WebSocket-Protocol: other\n", ""},
      {"Sec-WebSocket-Protocol: chat.v1, rt.v1\n", "rt.v1"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.offered);
    FakeExchange& socket = hub.websocket("/s", row.offered);
    CHECK(socket.subprotocol == row.chosen);
    socket.leave();
  }
}

TEST_CASE("nobody hears an echo of what came by the own connection") {
  HubFixture hub;
  FakeExchange& one = hub.websocket("/e");
  FakeExchange& other = hub.websocket("/e");
  FakeExchange& v1 = hub.websocket("/e", kV1);
  FakeExchange& stream = hub.stream("/e");
  one.receive(PayloadKind::text, "from one");
  hub.publish("/e", "from here");
  one.receive(PayloadKind::binary, "again");
  v1.receive(PayloadKind::text, "{\"data\":\"from v1\"}");
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
  next.receive(PayloadKind::text, "mine");
  hub.publish("/e", "yours");
  hub.turn();
  CHECK(next.socket.payloads().back() == "yours");
  CHECK(next.socket.payloads().size() == 5);
}

TEST_CASE("a new connection is not taken for the one that stood at its address") {
  HubFixture hub;
  for (int i = 0; i < 20; ++i) {
    FakeExchange& first = hub.websocket("/x");
    first.receive(PayloadKind::text, "by the first");
    first.leave();
    FakeExchange& second = hub.upgrade("/x?last=1");
    second.socket.stalled = true;
    second.socket.full = true;  // it takes nothing yet
    second.ws_listener->on_open(second.socket);
    second.receive(PayloadKind::text, "by the second");
    second.socket_writable();
    CHECK(second.socket.payloads() == Strings{"by the first"});
    second.leave();
    hub.turn();
  }
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

TEST_CASE("publishing over a WebSocket") {
  HubFixture hub;
  Channel& channel = *hub.hub.open("/p");
  FakeExchange& v1 = hub.websocket("/p", kV1);
  v1.receive(PayloadKind::text, "{\"data\":\"x\",\"event\":\"e\",\"channel\":\"/else\"}");
  v1.receive(PayloadKind::text, "{\"gap\":{\"missed\":3}}");
  v1.receive(PayloadKind::binary, "{\"data_base64\":\"/w==\"}");
  REQUIRE(channel.size() == 2);
  CHECK(channel.at(0).message->channel == "/p");
  CHECK(channel.at(0).message->event == "e");
  CHECK(channel.at(1).message->payload == "\xFF");
  hub.turn();
  CHECK(v1.socket.payloads() == Strings{"{\"v\":1,\"ack\":\"" + id_text(2) + "\",\"count\":2}"});
  v1.receive(PayloadKind::text, "no envelope");
  CHECK(v1.socket.closed_with == 1007);

  FakeExchange& plain = hub.websocket("/p");
  plain.receive(PayloadKind::binary, "b");
  CHECK(channel.back().message->kind == PayloadKind::binary);
  CHECK(plain.socket.out.empty());
}

TEST_CASE("acknowledgements do not pile up for a peer that does not read") {
  HubFixture hub;
  FakeExchange& v1 = hub.websocket("/p", kV1);
  v1.socket.stalled = true;
  for (int i = 0; i < 100; ++i) {
    v1.receive(PayloadKind::text, "{\"data\":\"x\"}");
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
  one.receive(PayloadKind::text, "hello");
  one.receive(PayloadKind::binary, std::string(200'000, '\xFF'));
  hub.turn();
  const auto messages = one.socket.messages();
  REQUIRE(messages.size() == 2);
  CHECK(messages[0].payload == "hello");
  CHECK(messages[1].opcode == ws::Opcode::binary);
  CHECK(messages[1].payload.size() == 200'000);
  CHECK(other.socket.out.empty());
  CHECK(hub.get("/echo").response.status == 404);

  one.socket.stalled = true;
  one.receive(PayloadKind::text, "a");
  CHECK_FALSE(one.socket.paused);
  one.receive(PayloadKind::text, "b");
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

}  // namespace
}  // namespace rt
