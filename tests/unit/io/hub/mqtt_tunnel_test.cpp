#include "io/hub/mqtt_tunnel.hpp"

#include <doctest/doctest.h>

#include <asio/ip/tcp.hpp>
#include <memory>
#include <optional>
#include <string>

#include "io/net/stream.hpp"
#include "unit/io/hub/service_fixture.hpp"

using namespace rt;
using namespace rt::test;
using asio::ip::tcp;

namespace {

constexpr std::string_view kOffer = "Sec-WebSocket-Protocol: mqtt\n";

// Who listens where the broker should be: it takes bytes and says what it is told to.
struct FakeBroker {
  explicit FakeBroker(Reactor& its_reactor)
      : reactor(its_reactor),
        acceptor(reactor.context(), tcp::endpoint(asio::ip::address_v4::loopback(), 0)) {
    acceptor.non_blocking(true);
  }
  std::uint16_t port() const { return acceptor.local_endpoint().port(); }

  bool accept() {
    return run_until(reactor, [&] {
      asio::error_code failed;
      tcp::socket socket(reactor.context());
      acceptor.accept(socket, failed);
      if (failed) return false;
      peer.emplace(std::move(socket));
      peer->non_blocking(true);
      return true;
    });
  }
  // All that has come; the end of the stream is seen, too.
  void take() {
    std::string piece(65536, '\0');
    for (;;) {
      asio::error_code failed;
      const std::size_t n = peer->read_some(asio::buffer(piece), failed);
      if (failed) {
        ended = failed != asio::error::would_block;
        return;
      }
      in.append(piece, 0, n);
    }
  }
  bool wait_for(std::string_view bytes) {
    return run_until(reactor, [&] {
      take();
      return in == bytes;
    });
  }
  // Sends what the system takes; how many bytes that was.
  std::size_t send(std::string_view bytes) {
    asio::error_code failed;
    return peer->write_some(asio::buffer(bytes), failed);
  }

  Reactor& reactor;
  tcp::acceptor acceptor;
  std::optional<tcp::socket> peer;
  std::string in;
  bool ended = false;
};

// A hub with an MQTT side.
struct TunnelFixture {
  explicit TunnelFixture(HubServiceOptions options = {}, Milliseconds connect_time = 1min)
      : hub({}, options),
        broker(hub.reactor),
        tunnels(hub.reactor, hub.deadlines, {address(), 4, connect_time}) {
    hub.service.on_mqtt_socket([this]() -> WebSocketListener& { return tunnels.make(); });
  }
  MakeCarrier address() const {
    NetStreamOptions options;
    options.host = "127.0.0.1";
    options.port = broker.port();
    return [options](Reactor& reactor) { return std::make_unique<NetStream>(reactor, options); };
  }
  FakeExchange& open() {
    FakeExchange& exchange = hub.websocket("/mqtt", kOffer);
    CHECK(exchange.subprotocol == "mqtt");
    return exchange;
  }
  FakeExchange& connected() {
    FakeExchange& exchange = open();
    REQUIRE(broker.accept());
    return exchange;
  }

  HubFixture hub;
  FakeBroker broker;
  MqttTunnels tunnels;
};

std::string joined(const FakeSocket& socket) {
  std::string all;
  for (const std::string& payload : socket.payloads()) all += payload;
  return all;
}

}  // namespace

TEST_CASE("the subprotocol mqtt is chosen at any path, where there is an MQTT side") {
  struct Case {
    const char* target;
    const char* fields;
    bool mqtt_side;
    FakeExchange::State state;
    const char* subprotocol;
  };
  using enum FakeExchange::State;
  const Case cases[] = {
      {"/", "Sec-WebSocket-Protocol: mqtt\n", true, upgraded, "mqtt"},
      {"/mqtt", "Sec-WebSocket-Protocol: other, mqtt\n", true, upgraded, "mqtt"},
      {"/-/mqtt", "Sec-WebSocket-Protocol: mqtt\n", true, upgraded, "mqtt"},
      {"/$x/y", "Sec-WebSocket-Protocol: mqtt\n", true, upgraded, "mqtt"},
      {"/a", "Sec-WebSocket-Protocol: mqttv3.1\n", true, upgraded, ""},
      {"/a", "", true, upgraded, ""},
      {"/a", "Sec-WebSocket-Protocol: rt.v1\n", true, upgraded, "rt.v1"},
      {"/a", "Sec-WebSocket-Protocol: mqtt\n", false, upgraded, ""},
      {"/a", "Sec-WebSocket-Protocol: mqtt\nOrigin: http://evil.example\n", true, answered, ""},
      {"/a", "Sec-WebSocket-Protocol: mqtt\nOrigin: null\n", true, answered, ""},
      {"/a", "Sec-WebSocket-Protocol: mqtt\nOrigin: http://localhost:8080\n", true, upgraded,
       "mqtt"},
      {"/a", "Sec-WebSocket-Protocol: mqtt\nHost: evil.example\n", true, answered, ""},
  };
  for (const Case& c : cases) {
    CAPTURE(c.target);
    CAPTURE(c.fields);
    HubServiceOptions options;
    TunnelFixture fixture(options);
    if (!c.mqtt_side) fixture.hub.service.on_mqtt_socket(nullptr);
    FakeExchange& exchange = fixture.hub.upgrade(c.target, c.fields);
    CHECK(exchange.state == c.state);
    CHECK(exchange.subprotocol == c.subprotocol);
    CHECK(fixture.tunnels.count() == (std::string_view(c.subprotocol) == "mqtt" ? 1 : 0));
    exchange.leave();
    CHECK(fixture.tunnels.count() == 0);
  }
}

TEST_CASE("bytes go both ways, whatever the frames were") {
  TunnelFixture fixture;
  FakeExchange& exchange = fixture.open();
  // Before the broker has answered, too.
  exchange.receive(PayloadKind::binary, "ab");
  REQUIRE(fixture.broker.accept());
  exchange.receive(PayloadKind::binary, "");
  exchange.receive(PayloadKind::binary, std::string("c\0d", 3));
  CHECK(fixture.broker.wait_for(std::string_view("abc\0d", 5)));
  fixture.broker.send("x");
  REQUIRE(run_until(fixture.hub.reactor, [&] { return joined(exchange.socket) == "x"; }));
  fixture.broker.send("yz");
  REQUIRE(run_until(fixture.hub.reactor, [&] { return joined(exchange.socket) == "xyz"; }));
  // What was read together is one frame.
  const auto frames = exchange.socket.messages();
  REQUIRE(frames.size() == 2);
  CHECK(frames[0].opcode == ws::Opcode::binary);
  CHECK(frames[1].payload == "yz");
  exchange.leave();
}

TEST_CASE("a text frame is an error") {
  TunnelFixture fixture;
  FakeExchange& exchange = fixture.connected();
  exchange.receive(PayloadKind::text, "hello");
  CHECK(exchange.socket.closed_with == 1003);
  exchange.receive(PayloadKind::binary, "never");
  CHECK(run_until(fixture.hub.reactor, [&] {
    fixture.broker.take();
    return fixture.broker.ended;
  }));
  CHECK(fixture.broker.in.empty());
  exchange.leave();
}

TEST_CASE("both sides end together") {
  TunnelFixture fixture;
  SUBCASE("the WebSocket goes") {
    FakeExchange& exchange = fixture.connected();
    exchange.receive(PayloadKind::binary, "last");
    exchange.leave();
    CHECK(fixture.tunnels.count() == 0);
    CHECK(run_until(fixture.hub.reactor, [&] {
      fixture.broker.take();
      return fixture.broker.ended;
    }));
  }
  SUBCASE("the WebSocket goes before the broker is there") {
    FakeExchange& exchange = fixture.open();
    exchange.leave();
    CHECK(fixture.tunnels.count() == 0);
    run_ready(fixture.hub.reactor);
  }
  SUBCASE("the broker ends, and what it said before arrives") {
    FakeExchange& exchange = fixture.connected();
    fixture.broker.send("goodbye");
    fixture.broker.peer->close();
    CHECK(run_until(fixture.hub.reactor, [&] { return exchange.socket.closed_with != 0; }));
    CHECK(exchange.socket.closed_with == 1000);
    CHECK(joined(exchange.socket) == "goodbye");
    exchange.leave();
  }
  SUBCASE("the broker is not there") {
    fixture.broker.acceptor.close();
    FakeExchange& exchange = fixture.open();
    exchange.receive(PayloadKind::binary, "connect");
    CHECK(run_until(fixture.hub.reactor, [&] { return exchange.socket.closed_with != 0; }));
    CHECK(exchange.socket.closed_with == 1013);
    exchange.leave();
  }
  CHECK(fixture.tunnels.count() == 0);
}

TEST_CASE("a WebSocket that takes nothing holds the broker back") {
  TunnelFixture fixture;
  FakeExchange& exchange = fixture.connected();
  exchange.socket.stalled = true;
  std::string sent;
  std::string piece(100'000, '\0');
  for (int quiet = 0; quiet < 50;) {
    for (std::size_t i = 0; i < piece.size(); ++i)
      piece[i] = static_cast<char>('a' + (sent.size() + i) % 23);
    const std::size_t n = fixture.broker.send(piece);
    sent.append(piece, 0, n);
    quiet = n == 0 ? quiet + 1 : 0;
    run_ready(fixture.hub.reactor);
    REQUIRE(sent.size() < (200u << 20));
  }
  CHECK(exchange.socket.out.size() <= 2 * ws::kFragment);
  exchange.socket.stalled = false;
  exchange.socket_writable();
  CHECK(run_until(fixture.hub.reactor, [&] { return exchange.socket.out.size() >= sent.size(); }));
  CHECK(joined(exchange.socket) == sent);
  exchange.leave();
}

TEST_CASE("a broker that takes nothing holds the WebSocket back") {
  TunnelFixture fixture;
  FakeExchange& exchange = fixture.connected();
  std::string sent;
  while (!exchange.socket.paused) {
    std::string piece(50'000, static_cast<char>('a' + sent.size() / 50'000 % 23));
    sent += piece;
    exchange.receive(PayloadKind::binary, piece);
    run_ready(fixture.hub.reactor);
    REQUIRE(sent.size() < (200u << 20));
  }
  CHECK(run_until(fixture.hub.reactor, [&] {
    fixture.broker.take();
    return fixture.broker.in.size() == sent.size();
  }));
  CHECK(fixture.broker.in == sent);
  CHECK_FALSE(exchange.socket.paused);
  exchange.leave();
}

TEST_CASE("tunnels end with their owner, connected or not") {
  TunnelFixture fixture;
  fixture.connected();
  fixture.open();
  CHECK(fixture.tunnels.count() == 2);
}

TEST_CASE("a tunnel without a whole CONNECT does not last") {
  struct Case {
    const char* sent;
    bool answered;
  };
  const Case cases[] = {{"", false}, {"\x10\x0c", false}, {"all of it", true}};
  for (const Case& c : cases) {
    CAPTURE(c.sent);
    TunnelFixture fixture({}, 200ms);
    FakeExchange& exchange = fixture.connected();
    exchange.receive(PayloadKind::binary, c.sent);
    REQUIRE(fixture.broker.wait_for(c.sent));
    if (c.answered) fixture.broker.send("CONNACK");
    Deadlines deadlines(fixture.hub.reactor);
    struct Later final : Deadline {
      bool passed = false;
      void on_deadline() override { passed = true; }
    } later;
    deadlines.set(later, 500ms);
    REQUIRE(run_until(fixture.hub.reactor, [&] { return later.passed; }));
    CHECK(exchange.socket.closed_with == (c.answered ? 0 : 1008));
    exchange.leave();
  }
}
