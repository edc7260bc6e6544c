#include "io/server/websocket.hpp"

#include <doctest/doctest.h>

#include "codec/ws_frame.hpp"
#include "unit/io/server/http_front_fixture.hpp"

namespace rt {
namespace {

using test::FrontFixture;
using test::handshake_text;
using test::run_for;
using test::run_until;
using test::TestPeer;

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

struct Connected {
  explicit Connected(WsServerOptions options = {}, int receive_buffer = 0)
      : server({}, options), peer(server.reactor, server.port, receive_buffer) {
    peer.send(handshake_text());
    REQUIRE(peer.wait_for("\r\n\r\n"));
    REQUIRE(run_until(server.reactor, [&] {
      return server.handler.sockets.size() == 1 && listener().open != nullptr;
    }));
    peer.received.clear();
  }
  test::TestHandler::SocketListener& listener() { return *server.handler.sockets[0]; }
  WebSocket& socket() { return *listener().open; }
  bool gone() {
    return run_until(server.reactor,
                     [&] { return listener().gone && server.websockets.connections() == 0; });
  }
  // The payloads of the server's data frames, and "<code>" of its close frame.
  std::string frames() {
    std::string all;
    std::string_view rest = peer.received;
    while (rest.size() >= 2) {
      const std::size_t length = ws::frame_length(rest);
      if (length == 0 || length > rest.size()) break;
      const auto opcode = static_cast<ws::Opcode>(rest[0] & 15);
      if (opcode == ws::Opcode::close) {
        const int code =
            static_cast<unsigned char>(rest[2]) << 8 | static_cast<unsigned char>(rest[3]);
        all += "<" + std::to_string(code) + ">";
      } else if (opcode != ws::Opcode::ping) {
        all += rest.substr(2, length - 2);
      }
      rest.remove_prefix(length);
    }
    return all;
  }

  FrontFixture server;
  TestPeer peer;
};

std::string frame(std::string_view payload) {
  std::string out;
  ws::append_message(out, ws::Opcode::text, payload);
  return out;
}

TEST_CASE("messages, whole and in fragments, cut at every byte") {
  const std::string bytes = text_message("one") + control(ws::Opcode::ping, "p") +
                            std::string("\x01\x83\0\0\0\0two\x80\x82\0\0\0\0 3", 17) +
                            text_message("");
  for (std::size_t cut = 0; cut <= bytes.size(); cut += cut < 12 ? 1 : 5) {
    CAPTURE(cut);
    Connected c;
    c.peer.send(std::string_view(bytes).substr(0, cut));
    test::run_ready(c.server.reactor);
    c.peer.send(std::string_view(bytes).substr(cut));
    REQUIRE(run_until(c.server.reactor, [&] { return c.listener().messages.size() == 3; }));
    CHECK(c.listener().messages == std::vector<std::string>{"one", "two 3", ""});
    CHECK(c.peer.wait_for(std::string_view("\x8A\x01p", 3)));
  }
}

TEST_CASE("a message that is too long, and one that is not UTF-8") {
  WsServerOptions options;
  options.max_message = 10'000;
  {
    Connected c(options);
    c.peer.send(text_message(std::string(10'000, 'x')));
    REQUIRE(run_until(c.server.reactor, [&] { return c.listener().messages.size() == 1; }));
    c.peer.send(text_message(std::string(10'001, 'x')) + text_message("never"));
    CHECK(run_until(c.server.reactor, [&] {
      c.peer.take();
      return c.frames() == "<1009>";
    }));
    // Nothing goes out behind the close frame.
    if (c.listener().open != nullptr) CHECK(c.socket().write(frame("late")));
    c.peer.send(control(ws::Opcode::close, std::string_view("\x03\xF1", 2)));
    CHECK(c.gone());
    c.peer.wait_for_end();
    CHECK(c.frames() == "<1009>");
    CHECK(c.listener().messages.size() == 1);
  }
  Connected c(options);
  c.peer.send(text_message("\xFF"));
  CHECK(run_until(c.server.reactor, [&] {
    c.peer.take();
    return c.frames() == "<1007>";
  }));
  c.peer.close();
  CHECK(c.gone());
}

TEST_CASE("a frame that announces too much is refused before it is there") {
  // A masked binary frame's head, for one byte more than is allowed.
  const std::string head("\x82\xFE\x27\x11\1\2\3\4", 8);
  WsServerOptions options;
  options.max_message = 10'000;
  for (const bool begun : {true, false}) {
    CAPTURE(begun);
    options.ping_interval = begun ? Milliseconds(0) : Milliseconds(50);
    Connected c(options);
    c.peer.send(head + std::string(begun ? 6'000 : 0, 'x'));
    CHECK(run_until(c.server.reactor, [&] {
      c.peer.take();
      return c.frames() == "<1009>";
    }));
    CHECK(c.listener().messages.empty());
    c.peer.close();
    CHECK(c.gone());
  }
}

TEST_CASE("the answer to the handshake names the server") {
  FrontFixture server;
  TestPeer peer(server.reactor, server.port);
  peer.send(handshake_text());
  CHECK(peer.wait_for("\r\nServer: rtwire\r\n"));
}

TEST_CASE("either side closes in good order") {
  {
    Connected c;
    c.peer.send(control(ws::Opcode::close, std::string_view("\x03\xE8", 2)));
    CHECK(c.gone());
    CHECK(c.peer.wait_for_end());
    CHECK(c.frames() == "<1000>");
  }
  {
    Connected c;
    // Cut where the text allows.
    std::string reason(122, 'r');
    reason += "\xC3\xA4";
    CHECK(c.socket().write(frame("before")));
    c.socket().close(4008, reason);
    c.socket().close(4009, "once only");
    CHECK(c.socket().write(frame("after")));
    CHECK(run_until(c.server.reactor, [&] {
      c.peer.take();
      return c.frames() == "before<4008>";
    }));
    CHECK(c.peer.received.ends_with("rrr"));
    CHECK_FALSE(c.listener().gone);
    c.peer.send(control(ws::Opcode::close, std::string_view("\x0F\xA8", 2)));
    CHECK(c.gone());
    CHECK(c.peer.wait_for_end());
  }
  Connected c;
  c.peer.reset();
  CHECK(c.gone());
}

TEST_CASE("a peer that answers no ping is gone; one that does is not") {
  WsServerOptions options;
  options.ping_interval = 30ms;
  Connected silent(options);
  CHECK(silent.gone());
  CHECK(silent.peer.count("\x89\x02") <= 4);

  Connected alive(options);
  const SteadyTime end = std::chrono::steady_clock::now() + 600ms;
  while (std::chrono::steady_clock::now() < end) {
    run_for(alive.server.reactor, 20ms);
    alive.peer.take();
    if (alive.peer.received.empty()) continue;
    // As RFC 6455 wants it: with the ping's payload.
    const std::size_t length = static_cast<unsigned char>(alive.peer.received[1]);
    alive.peer.send(control(ws::Opcode::pong, alive.peer.received.substr(2, length)));
    alive.peer.received.clear();
  }
  CHECK_FALSE(alive.listener().gone);
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
    CHECK(c.gone());
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
  Connected c({}, 4096);
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
  CHECK(run_until(c.server.reactor, [&] {
    c.peer.take();
    return sent == 400 && c.peer.received.size() >= expected.size();
  }));
  CHECK((c.peer.received == expected));
}

TEST_CASE("a long message has no more room than it needs") {
  Connected c;
  const std::string payload(150'000, 'm');
  // One frame of 150,000 bytes: a length of 64 bits, and a mask of zeros.
  c.peer.send(std::string("\x81\xFF\0\0\0\0\0\x02\x49\xF0\0\0\0\0", 14) + payload);
  c.peer.send(text_message(payload));  // fragments
  REQUIRE(run_until(c.server.reactor, [&] { return c.listener().messages.size() == 2; }));
  for (const std::string& message : c.listener().messages) {
    CHECK((message == payload));
    CHECK(message.capacity() <= payload.size() / 4 * 5);
  }
}

TEST_CASE("reading pauses") {
  Connected c;
  c.socket().pause_reading(true);
  std::string bytes;
  for (int i = 0; i < 100; ++i) bytes += text_message(std::string(1000, 'x'));
  c.peer.send(bytes);
  run_for(c.server.reactor, 50ms);
  CHECK(c.listener().messages.empty());
  c.socket().pause_reading(false);
  CHECK(run_until(c.server.reactor, [&] { return c.listener().messages.size() == 100; }));
}

TEST_CASE("the end of the server: closing handshakes, and nobody is called afterwards") {
  {
    Connected c;
    c.server.websockets.drain();
    CHECK(c.peer.wait_for(std::string_view("\x88", 1)));
    CHECK(c.frames() == "<1001>");
  }
  Reactor reactor;
  test::TestHandler::SocketListener listener;
  {
    Deadlines deadlines(reactor);
    Holdings holdings(1u << 20);
    WsServer server(reactor, deadlines, holdings, {});
    int ends[2];
    REQUIRE(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
    fcntl(ends[0], F_SETFL, O_NONBLOCK);
    server.adopt(ends[0], "dGhlIHNhbXBsZSBub25jZQ==", "", "", listener);
    REQUIRE(run_until(reactor, [&] { return listener.open != nullptr; }));
    ::close(ends[1]);
  }
  CHECK_FALSE(listener.gone);
  run_for(reactor, 10ms);
}

}  // namespace
}  // namespace rt
