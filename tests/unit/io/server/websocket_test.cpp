#include "io/server/websocket.hpp"

#include <doctest/doctest.h>

#include "codec/ws_frame.hpp"
#include "codec/ws_session.hpp"
#include "io/server/socket_stream.hpp"
#include "unit/io/server/http_front_fixture.hpp"

namespace rt {
namespace {

using test::FrontFixture;
using test::handshake_text;
using test::run_for;
using test::run_ready;
using test::run_until;
using test::TestPeer;
using Strings = std::vector<std::string>;

constexpr PollerKind kPollers[] = {PollerKind::epoll, PollerKind::asio};
constexpr std::size_t kMuch = 128u << 20;

std::string text_message(std::string_view payload) {
  std::string out;
  ws::append_masked_message(out, ws::Opcode::text, payload, 0x01020304);
  return out;
}

std::string control(ws::Opcode opcode, std::string_view payload) {
  std::string out;
  ws::append_masked_frame(out, opcode, payload, 0x01020304);
  return out;
}

std::string close_frame(std::uint16_t code) {
  return control(ws::Opcode::close, ws::close_payload(code, {}));
}

std::string frame(std::string_view payload) {
  std::string out;
  ws::append_message(out, ws::Opcode::text, payload);
  return out;
}

// The head of one masked frame of more than 125 bytes of binary data, the mask being zeros.
std::string head(std::uint64_t length, bool fin = true) {
  const bool is_short = length <= 0xFFFF;
  std::string out{fin ? '\x82' : '\x02', is_short ? '\xFE' : '\xFF'};
  for (int shift = is_short ? 8 : 56; shift >= 0; shift -= 8)
    out += static_cast<char>(length >> shift & 0xFF);
  return out + std::string(4, '\0');
}

struct Connected {
  explicit Connected(WsServerOptions options = {}, int receive_buffer = 0, std::size_t held = kMuch,
                     PollerKind kind = default_poller(), std::string_view path = "/ws")
      : server(kind, {}, options, held), peer(server.reactor, server.port, receive_buffer) {
    peer.send(handshake_text(path));
    REQUIRE(peer.wait_for("\r\n\r\n"));
    REQUIRE(run_until(server.reactor, [&] {
      return server.handler.sockets.size() == 1 && listener().open != nullptr;
    }));
    peer.received.clear();
  }
  test::TestHandler::SocketListener& listener() { return *server.handler.sockets[0]; }
  WebSocket& socket() { return *listener().open; }
  bool wait_for_messages(std::size_t count) {
    return run_until(server.reactor, [&] { return listener().messages.size() >= count; });
  }
  // What has been sent says this.
  bool wait_for_frames(std::string_view expected) {
    return run_until(server.reactor, [&] {
      peer.take();
      return frames() == expected;
    });
  }
  // Nobody is told of it any more, and when the peer leaves, too, there is nothing left of it.
  bool gone() {
    if (!run_until(server.reactor, [&] { return listener().gone; })) return false;
    peer.wait_for_end();
    peer.close();
    return run_until(server.reactor, [&] { return server.websockets.connections() == 0; });
  }
  // The payloads of the server's data frames, "<code>" of its close frame and "(x)" of a pong.
  std::string frames() {
    std::string all;
    std::string_view rest = peer.received;
    while (rest.size() >= 2) {
      const std::size_t length = ws::frame_length(rest);
      if (length == 0 || length > rest.size()) break;
      const auto opcode = static_cast<ws::Opcode>(rest[0] & 15);
      const std::string payload(rest.substr(2, length - 2));
      if (opcode == ws::Opcode::close && payload.size() < 2)
        all += "<>";
      else if (opcode == ws::Opcode::close)
        all += "<" +
               std::to_string(static_cast<unsigned char>(payload[0]) << 8 |
                              static_cast<unsigned char>(payload[1])) +
               ">";
      else if (opcode == ws::Opcode::pong)
        all += "(" + payload + ")";
      else if (opcode != ws::Opcode::ping)
        all += payload;
      rest.remove_prefix(length);
    }
    return all;
  }

  FrontFixture server;
  TestPeer peer;
};

TEST_CASE("messages, whole and in fragments, cut at every byte") {
  const std::string bytes = text_message("one") + control(ws::Opcode::ping, "p") +
                            std::string("\x02\x83\0\0\0\0two\x80\x82\0\0\0\0 3", 17) +
                            text_message("");
  for (const PollerKind kind : kPollers) {
    FrontFixture server(kind);
    for (std::size_t cut = 0; cut <= bytes.size(); ++cut) {
      CAPTURE(cut);
      TestPeer peer(server.reactor, server.port);
      peer.send(handshake_text() + bytes.substr(0, cut));
      REQUIRE(peer.wait_for("\r\n\r\n"));
      run_ready(server.reactor);
      peer.send(std::string_view(bytes).substr(cut));
      CHECK(peer.wait_for(std::string_view("\x8A\x01p", 3)));
      const auto& listener = *server.handler.sockets.back();
      REQUIRE(run_until(server.reactor, [&] { return listener.messages.size() == 3; }));
      CHECK(listener.messages == Strings{"one", "two 3", ""});
      CHECK(listener.kinds[0] == PayloadKind::text);
      CHECK(listener.kinds[1] == PayloadKind::binary);
      CHECK(server.holdings.held() == 0);
    }
  }
}

TEST_CASE("pings sent back to back are answered, and before what comes after them") {
  Connected c;
  c.listener().on_each = [&] { CHECK(c.socket().write(frame("echo"))); };
  std::string bytes;
  std::string expected;
  for (int i = 0; i < 10; ++i) {
    bytes += control(ws::Opcode::ping, std::to_string(i));
    expected += "(" + std::to_string(i) + ")";
  }
  c.peer.send(bytes);
  CHECK(c.wait_for_frames(expected));
  c.peer.send(control(ws::Opcode::pong, "unasked") + text_message("m"));
  CHECK(c.wait_for_frames(expected + "echo"));
}

TEST_CASE("what is wrong ends the connection with the peer's close frame") {
  WsServerOptions options;
  options.max_message = 10'000;
  const struct {
    std::string bytes;
    std::string expected;
    std::size_t rest = 0;  // of the frame: it is not looked at any more
  } rows[] = {
      {text_message(std::string(10'001, 'x')), "<1009>"},
      {text_message("\xFF"), "<1007>"},
      // A fragment, so that it is found before the message is whole.
      {std::string("\x01\x82\0\0\0\0\xC0\xAF", 8), "<1007>"},
      {head(10'001), "<1009>", 10'001},
      {head(6'000, false) + std::string(6'000, 'x') + std::string("\x80\xFE\x0F\xA1\0\0\0\0", 8),
       "<1009>", 4'001},
      {std::string("\x81\x01x", 3), "<1002>"},
      {std::string("\xC1\x81\0\0\0\0x", 7), "<1002>"},
      {std::string("\x83\x81\0\0\0\0x", 7), "<1002>"},
      {control(ws::Opcode::close, "x"), "<1002>"},
      {close_frame(1005), "<1002>"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.expected);
    Connected c(options);
    c.peer.send(text_message(std::string(10'000, 'x')));
    REQUIRE(c.wait_for_messages(1));
    c.peer.send(row.bytes);
    CHECK(c.wait_for_frames(row.expected));
    // Nothing goes out behind the close frame, and nothing that comes is a message.
    if (c.listener().open != nullptr) CHECK(c.socket().write(frame("late")));
    c.peer.send(std::string(row.rest, 'x') + text_message("never") + close_frame(1002));
    CHECK(c.peer.wait_for_end());
    CHECK(c.frames() == row.expected);
    CHECK(c.gone());
    CHECK(c.listener().messages.size() == 1);
    CHECK(c.server.holdings.held() == 0);
  }
}

TEST_CASE("an envelope may be longer than the message in it") {
  WsServerOptions options;
  options.max_message = 10'000;
  Connected c(options, 0, kMuch, default_poller(), "/ws/rt.v1");
  c.peer.send(text_message(std::string(80'000, 'x')) + text_message(std::string(90'000, 'x')));
  CHECK(c.wait_for_frames("<1009>"));
  CHECK(c.listener().messages.size() == 1);
}

// A client's end of what the server's sockets say.
struct ClientSession final : ws::SessionListener {
  explicit ClientSession(const ws::DeflateTerms& terms) : session(options(), *this, terms) {}
  static const ws::SessionOptions& options() {
    static const ws::SessionOptions kOptions{ws::Role::client, 1u << 20,
                                             [] { return 0x01020304u; }};
    return kOptions;
  }
  void on_message(PayloadKind, ws::Payload payload) override { messages.push_back(payload.take()); }
  void on_control(ws::Opcode, std::string_view) override {}
  bool on_hold(std::size_t) override { return true; }

  ws::Session session;
  Strings messages;
};

TEST_CASE("compression, where it is wanted on both sides") {
  const std::string offer =
      "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n";
  const std::string text(20'000, 'c');
  for (const bool wanted : {false, true}) {
    for (const bool offered : {false, true}) {
      CAPTURE(wanted);
      CAPTURE(offered);
      WsServerOptions options;
      options.compress = wanted;
      options.max_message = text.size();
      FrontFixture server({}, options);
      TestPeer peer(server.reactor, server.port);
      std::string request = handshake_text();
      if (offered) request.insert(request.size() - 2, offer);
      peer.send(request);
      REQUIRE(peer.wait_for("\r\n\r\n"));
      const bool agreed = wanted && offered;
      CHECK(peer.count("\r\nSec-WebSocket-Extensions: permessage-deflate; "
                       "server_no_context_takeover; client_no_context_takeover\r\n") ==
            (agreed ? 1 : 0));
      const auto& listener = *server.handler.sockets.at(0);
      REQUIRE(listener.open != nullptr);
      CHECK(listener.open->compresses() == agreed);
      // Uncompressed messages stay legal.
      peer.send(text_message("plain"));
      ws::DeflateTerms terms;
      terms.on = agreed;
      terms.client_no_context_takeover = true;
      ClientSession client(terms);
      std::string bytes;
      for (int i = 0; i < 2; ++i) client.session.append_message(bytes, PayloadKind::text, text);
      CHECK((bytes.size() < text.size()) == agreed);
      peer.send(bytes);
      REQUIRE(run_until(server.reactor, [&] { return listener.messages.size() == 3; }));
      CHECK((listener.messages == Strings{"plain", text, text}));
      CHECK(server.holdings.held() == 0);
      // What would be too long only then is noticed.
      bytes.clear();
      client.session.append_message(bytes, PayloadKind::text, text + "c");
      peer.received.clear();
      peer.send(bytes);
      CHECK(peer.wait_for(std::string_view("\x03\xF1", 2)));
    }
  }
}

TEST_CASE("the answer to the handshake") {
  FrontFixture server;
  TestPeer plain(server.reactor, server.port);
  plain.send(handshake_text());
  REQUIRE(plain.wait_for("\r\n\r\n"));
  CHECK(plain.received.starts_with("HTTP/1.1 101 Switching Protocols\r\n"));
  CHECK(plain.count("\r\nServer: rtwire\r\n") == 1);
  CHECK(plain.count("\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n") == 1);
  CHECK(plain.count("Sec-WebSocket-Protocol") == 0);
  TestPeer envelopes(server.reactor, server.port);
  envelopes.send(handshake_text("/ws/rt.v1"));
  CHECK(envelopes.wait_for("\r\nSec-WebSocket-Protocol: rt.v1\r\n"));
}

TEST_CASE("either side closes in good order") {
  for (const PollerKind kind : kPollers) {
    {
      Connected c({}, 0, kMuch, kind);
      c.peer.send(close_frame(1000));
      CHECK(c.gone());
      CHECK(c.peer.ended);
      CHECK(c.frames() == "<1000>");
    }
    {
      Connected c({}, 0, kMuch, kind);
      c.peer.send(control(ws::Opcode::close, {}));
      CHECK(c.gone());
      CHECK(c.frames() == "<>");
    }
    {
      Connected c({}, 0, kMuch, kind);
      // Cut where the text allows.
      std::string reason(122, 'r');
      reason += "\xC3\xA4";
      CHECK(c.socket().write(frame("before")));
      c.socket().close(4008, reason);
      c.socket().close(4009, "once only");
      CHECK(c.socket().write(frame("after")));
      CHECK(c.wait_for_frames("before<4008>"));
      CHECK(c.peer.received.ends_with("rrr"));
      CHECK_FALSE(c.listener().gone);
      c.peer.send(text_message("too late") + close_frame(4008));
      CHECK(c.gone());
      CHECK(c.peer.ended);
      CHECK(c.listener().messages.empty());
    }
    {
      Connected c({}, 0, kMuch, kind);
      c.peer.reset();
      CHECK(c.gone());
    }
    {
      // With the end right behind the close frame, or behind a message alone.
      Connected c({}, 0, kMuch, kind);
      c.peer.send(text_message("last") + close_frame(1000));
      c.peer.finish_sending();
      CHECK(c.gone());
      CHECK(c.frames() == "<1000>");
      CHECK(c.listener().messages == Strings{"last"});
    }
    Connected c({}, 0, kMuch, kind);
    c.peer.send(text_message("last"));
    c.peer.finish_sending();
    CHECK(c.gone());
    CHECK(c.listener().messages == Strings{"last"});
  }
}

TEST_CASE("what comes behind the peer's close frame does not take ours away") {
  Connected c;
  c.peer.send(close_frame(1000));
  REQUIRE(run_until(c.server.reactor, [&] { return c.listener().gone; }));
  // More than a socket holds: it is read and thrown away.
  c.peer.send(std::string(8u << 20, 'j'));
  CHECK(c.peer.wait_for_end());
  CHECK(c.frames() == "<1000>");
  c.peer.close();
  CHECK(run_until(c.server.reactor, [&] { return c.server.websockets.connections() == 0; }));
}

TEST_CASE("the closing handshake has a time") {
  WsServerOptions options;
  options.close_time = 50ms;
  Connected c(options);
  c.socket().close(1000, "");
  CHECK(c.gone());
  CHECK(c.frames() == "<1000>");
}

TEST_CASE("a connection that is lost is told of from the loop, never within a write") {
  for (const PollerKind kind : kPollers) {
    Connected c({}, 0, kMuch, kind);
    WebSocket& socket = c.socket();
    c.socket().pause_reading(true);
    c.peer.reset();
    for (int i = 0; i < 100; ++i) CHECK(socket.write(frame("to nobody")));
    socket.close(1000, "");
    CHECK_FALSE(c.listener().gone);
    CHECK(c.gone());
  }
}

TEST_CASE("a peer that answers no ping is gone; one that does is not, nor one that is paused") {
  WsServerOptions options;
  options.ping_interval = 30ms;
  Connected silent(options);
  CHECK(silent.gone());
  CHECK(silent.peer.count(std::string_view("\x89\0", 2)) <= 4);

  Connected alive(options);
  int answered = 0;
  CHECK(run_until(alive.server.reactor, [&] {
    alive.peer.take();
    if (alive.peer.received.size() < 2) return alive.listener().gone;
    // As RFC 6455 wants it: with the ping's payload.
    const std::size_t length = static_cast<unsigned char>(alive.peer.received[1]);
    alive.peer.send(control(ws::Opcode::pong, alive.peer.received.substr(2, length)));
    alive.peer.received.clear();
    return ++answered == 10;
  }));
  CHECK_FALSE(alive.listener().gone);

  Connected paused(options);
  paused.socket().pause_reading(true);
  CHECK(run_until(paused.server.reactor, [&] {
    paused.peer.take();
    return paused.peer.count(std::string_view("\x89\0", 2)) == 10;
  }));
  CHECK_FALSE(paused.listener().gone);
  paused.socket().pause_reading(false);
  CHECK(paused.gone());
}

TEST_CASE("a peer that takes nothing is gone after a while; one that is only slow is not") {
  WsServerOptions options;
  options.ping_interval = 20ms;
  const std::string piece = frame(std::string(30'000, 's'));
  const auto fill = [&](Connected& c) {
    while (c.listener().open != nullptr && c.socket().write(piece)) {
    }
  };
  {
    Connected c(options, 4096);
    c.listener().action = [&] { fill(c); };
    fill(c);
    CHECK(run_until(c.server.reactor, [&] { return c.listener().gone; }));
    CHECK(c.server.holdings.held() == 0);
  }
  Connected c(options, 4096);
  c.listener().action = [&] { fill(c); };
  fill(c);
  // Many intervals, and on a busy machine as many as six turns take.
  const SteadyTime end = std::chrono::steady_clock::now() + 800ms;
  while (!c.listener().gone &&
         (std::chrono::steady_clock::now() < end ||
          (c.listener().writable <= 5 && std::chrono::steady_clock::now() < end + 20s))) {
    c.peer.take();
    c.peer.received.clear();
    run_for(c.server.reactor, 5ms);
  }
  CHECK_FALSE(c.listener().gone);
  CHECK(c.listener().writable > 5);
  c.peer.reset();
  CHECK(c.gone());
}

TEST_CASE("a slow reader gets whole frames in their order, and writes are refused meanwhile") {
  for (const PollerKind kind : kPollers) {
    Connected c({}, 4096, kMuch, kind);
    std::string expected;
    std::size_t sent = 0;
    bool refused = false;
    const auto fill = [&] {
      while (sent < 400) {
        const std::string payload = std::to_string(sent) + std::string(20'000, '.');
        if (!c.socket().write(frame(payload))) {
          refused = true;
          return;
        }
        expected += frame(payload);
        ++sent;
      }
    };
    c.listener().action = fill;
    fill();
    CHECK(refused);
    CHECK(c.server.holdings.held() > 0);
    CHECK(run_until(c.server.reactor, [&] {
      c.peer.take();
      return sent == 400 && c.peer.received.size() >= expected.size();
    }));
    CHECK((c.peer.received == expected));
    CHECK(c.server.holdings.held() == 0);
  }
}

TEST_CASE("control frames go between whole frames, also to one that is slow to read") {
  Connected c({}, 4096);
  const std::string piece = frame(std::string(100'000, 's'));
  std::size_t sent = 0;
  while (c.socket().write(piece)) ++sent;
  c.peer.send(control(ws::Opcode::ping, "now"));
  run_ready(c.server.reactor);
  c.socket().close(1001, "");
  CHECK(c.peer.wait_for(std::string_view("\x88\x02\x03\xE9", 4)));
  const std::string tail = std::string("\x8A\x03now", 5) + std::string("\x88\x02\x03\xE9", 4);
  CHECK(c.peer.received.ends_with(tail));
  CHECK(c.peer.received.size() == sent * piece.size() + tail.size());
}

TEST_CASE("a long message has no more room than it needs") {
  Connected c;
  const std::string payload(150'000, 'm');
  c.peer.send(head(payload.size()) + payload);
  c.peer.send(text_message(payload));  // fragments
  REQUIRE(c.wait_for_messages(2));
  for (const std::string& message : c.listener().messages) {
    CHECK((message == payload));
    CHECK(message.capacity() <= payload.size() / 4 * 5);
  }
  CHECK(c.server.holdings.held() == 0);
}

TEST_CASE("reading pauses, at any message of those that came together") {
  for (const PollerKind kind : kPollers) {
    Connected c({}, 0, kMuch, kind);
    c.socket().pause_reading(true);
    std::string bytes;
    for (int i = 0; i < 100; ++i) bytes += text_message(std::to_string(i));
    c.peer.send(bytes);
    run_for(c.server.reactor, 50ms);
    CHECK(c.listener().messages.empty());
    c.listener().on_each = [&] { c.socket().pause_reading(true); };
    for (std::size_t i = 1; i <= 50; ++i) {
      c.socket().pause_reading(false);
      REQUIRE(c.wait_for_messages(i));
      run_ready(c.server.reactor);
      CHECK(c.listener().messages.size() == i);
      CHECK(c.listener().messages.back() == std::to_string(i - 1));
      CHECK(c.server.holdings.held() > 0);
    }
    // What pauses may go on at once.
    c.listener().on_each = [&] {
      c.socket().pause_reading(true);
      c.socket().pause_reading(false);
    };
    c.socket().pause_reading(false);
    CHECK(c.wait_for_messages(100));
    CHECK(c.listener().messages.back() == "99");
    run_ready(c.server.reactor);
    CHECK(c.server.holdings.held() == 0);
  }
}

TEST_CASE("one that is paused and closed is read from until the peer's close frame") {
  Connected c;
  c.listener().on_each = [&] { c.socket().pause_reading(true); };
  c.peer.send(text_message("one") + text_message("two") + text_message("three"));
  REQUIRE(c.wait_for_messages(1));
  c.socket().close(1001, "");
  c.peer.send(close_frame(1001));
  CHECK(c.gone());
  CHECK(c.frames() == "<1001>");
  CHECK(c.listener().messages == Strings{"one"});
}

TEST_CASE("who holds too much loses it") {
  // A message that is not whole.
  {
    Connected c({}, 0, 100'000);
    c.peer.send(head(1'000'000) + std::string(200'000, 'x'));
    CHECK(c.wait_for_frames("<1013>"));
    CHECK(c.server.holdings.held() == 0);
    c.peer.send(std::string(800'000, 'x') + close_frame(1013));
    CHECK(c.gone());
    CHECK(c.listener().messages.empty());
  }
  // What came before a pause: nothing can be made of what comes after it.
  {
    Connected c({}, 0, 10'000);
    // Much is read in a turn from who has shown that it costs little.
    for (std::size_t i = 1; i <= 8; ++i) {
      c.peer.send(text_message("cheap"));
      REQUIRE(c.wait_for_messages(i));
    }
    c.listener().messages.clear();
    c.listener().on_each = [&] { c.socket().pause_reading(true); };
    c.peer.send(text_message("one") + text_message(std::string(20'000, 'x')));
    c.peer.send(text_message("two"));
    CHECK(c.wait_for_frames("<1013>"));
    CHECK(c.gone());
    CHECK(c.server.holdings.held() == 0);
    CHECK(c.listener().messages == Strings{"one"});
  }
  // Output that is not taken.
  Connected c({}, 4096, 10'000);
  while (!c.listener().gone && c.socket().write(frame(std::string(60'000, 's')))) {
    run_ready(c.server.reactor);
  }
  CHECK(c.listener().gone);
  CHECK(c.server.holdings.held() == 0);
}

TEST_CASE("a message has to come at some speed") {
  for (const bool pings : {false, true}) {
    CAPTURE(pings);
    WsServerOptions options;
    options.message_time = 60ms;
    options.ping_interval = Milliseconds(pings ? 20 : 0);
    Connected c(options);
    c.peer.send(head(1'000'000) + std::string(40'000, 'x'));
    // A sign of life is not enough.
    CHECK(run_until(c.server.reactor, [&] {
      c.peer.take();
      return c.frames() == "<1008>";
    }));
    CHECK(c.server.holdings.held() == 0);
    c.peer.send(std::string(960'000, 'x') + close_frame(1008));
    CHECK(c.gone());
  }
}

TEST_CASE("a bulk publisher leaves others their turn") {
  Connected c;
  TestPeer other(c.server.reactor, c.server.port);
  other.send(handshake_text());
  REQUIRE(other.wait_for("\r\n\r\n"));
  std::size_t before_other = 0;
  bool heard = false;
  c.server.handler.sockets[1]->on_each = [&] {
    heard = true;
    before_other = c.listener().messages.size();
  };
  // As much as the sockets hold; all of it is there before anybody is served.
  std::string bytes;
  while (bytes.size() < (4u << 20)) bytes += text_message(std::string(1000, 'b'));
  bool told = false;
  c.listener().on_each = [&] {
    if (!std::exchange(told, true)) other.send(text_message("me, too"));
  };
  c.peer.send(bytes);
  REQUIRE(run_until(c.server.reactor, [&] { return heard; }));
  CHECK(c.wait_for_messages(bytes.size() / 1008));
  CHECK(before_other < bytes.size() / 1008);
}

TEST_CASE("the end of the server: closing handshakes, and nobody is called afterwards") {
  {
    Connected c;
    bool empty = false;
    c.server.websockets.on_empty([&] { empty = true; });
    c.server.websockets.drain();
    CHECK(c.wait_for_frames("<1001>"));
    c.peer.send(close_frame(1001));
    CHECK(c.gone());
    CHECK(empty);
  }
  Reactor reactor;
  test::TestHandler::SocketListener listener;
  {
    const std::unique_ptr<SocketPoller> poller = make_socket_poller(reactor);
    Deadlines deadlines(reactor);
    Holdings holdings(1u << 20);
    WsServer server(reactor, deadlines, holdings, {});
    int ends[2];
    REQUIRE(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
    fcntl(ends[0], F_SETFL, O_NONBLOCK);
    server.adopt(std::make_unique<SocketStream>(*poller, ends[0]), {}, "answer", text_message("m"),
                 listener);
    CHECK(listener.open != nullptr);
    // What it was going to do is not done any more.
    ::close(ends[1]);
  }
  CHECK_FALSE(listener.gone);
  CHECK(listener.messages.empty());
  run_ready(reactor);
}

}  // namespace
}  // namespace rt
