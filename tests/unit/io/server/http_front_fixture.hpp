#pragma once

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "io/server/http_front.hpp"
#include "io/server/websocket.hpp"
#include "unit/io/loop.hpp"

namespace rt::test {

// A client's socket on the test's own thread: never blocks, runs the server's loop while it waits.
class TestPeer {
 public:
  TestPeer(Reactor& reactor, std::uint16_t port, int receive_buffer = 0) : reactor_(reactor) {
    fd_ = ::socket(AF_INET, SOCK_STREAM, 0);
    REQUIRE(fd_ >= 0);
    if (receive_buffer > 0)
      setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    REQUIRE(::connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    const int on = 1;
    setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    fcntl(fd_, F_SETFL, O_NONBLOCK);
  }
  TestPeer(const TestPeer&) = delete;
  TestPeer& operator=(const TestPeer&) = delete;
  ~TestPeer() { close(); }

  void close() {
    if (fd_ >= 0) ::close(std::exchange(fd_, -1));
  }
  void reset() {
    const linger at_once{1, 0};
    setsockopt(fd_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    close();
  }
  void finish_sending() { ::shutdown(fd_, SHUT_WR); }

  // Sends all of it, running the loop where it does not fit. False when the server takes no more.
  bool send(std::string_view bytes, Milliseconds limit = 5s) {
    return run_until(
        reactor_,
        [&] {
          while (!bytes.empty()) {
            const ssize_t n = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
            if (n < 0 && errno != EAGAIN) return true;
            if (n < 0) return false;
            bytes.remove_prefix(static_cast<std::size_t>(n));
          }
          return true;
        },
        limit);
  }

  // Takes what has come.
  void take() {
    char chunk[65536];
    while (!ended && !broken) {
      const ssize_t n = ::recv(fd_, chunk, sizeof chunk, 0);
      if (n > 0)
        received.append(chunk, static_cast<std::size_t>(n));
      else if (n == 0)
        ended = true;
      else if (errno == EAGAIN)
        return;
      else
        broken = true;
    }
  }
  bool wait_for(std::string_view part) {
    return run_until(reactor_, [&] {
      take();
      return received.find(part) != std::string::npos;
    });
  }
  bool wait_for_size(std::size_t size) {
    return run_until(reactor_, [&] {
      take();
      return received.size() >= size;
    });
  }
  // True when the server ended the connection in good order.
  bool wait_for_end(Milliseconds limit = 5s) {
    run_until(
        reactor_,
        [&] {
          take();
          return ended || broken;
        },
        limit);
    return ended;
  }
  std::size_t count(std::string_view part) const {
    std::size_t n = 0;
    for (std::size_t at = received.find(part); at != std::string::npos;
         at = received.find(part, at + part.size()))
      ++n;
    return n;
  }
  // The status codes of all answers, in their order: for answers whose bodies hold no "HTTP/1.1 ".
  std::string statuses() const {
    std::string all;
    for (std::size_t at = received.find("HTTP/1.1 "); at != std::string::npos;
         at = received.find("HTTP/1.1 ", at + 1))
      all += received.substr(at + 9, 3) + " ";
    return all;
  }

  std::string received;
  bool ended = false;
  bool broken = false;

 private:
  Reactor& reactor_;
  int fd_ = -1;
};

// Answers by the path. Notes what it was asked.
class TestHandler final : public ExchangeHandler {
 public:
  class Listener final : public ExchangeListener {
   public:
    void on_writable() override {
      ++writable;
      if (action) action();
    }
    void on_gone() override { gone = true; }
    Exchange* exchange = nullptr;
    std::function<void()> action;
    int writable = 0;
    bool gone = false;
  };
  class SocketListener final : public WebSocketListener {
   public:
    void on_open(WebSocket& socket) override { open = &socket; }
    void on_message(PayloadKind kind, ws::Payload payload) override {
      kinds.push_back(kind);
      messages.push_back(payload.take());
      if (on_each) on_each();
    }
    void on_writable() override {
      ++writable;
      if (action) action();
    }
    void on_gone() override {
      gone = true;
      open = nullptr;
    }
    WebSocket* open = nullptr;
    std::function<void()> action;
    std::function<void()> on_each;  // message
    std::vector<PayloadKind> kinds;
    std::vector<std::string> messages;
    int writable = 0;
    bool gone = false;
  };

  bool admit(Exchange& exchange) override {
    if (exchange.request().path != "/refuse") return true;
    Response response;
    response.status = 403;
    response.body = "refused";
    exchange.respond(response);
    return false;
  }
  void handle(Exchange& exchange) override {
    const http::Request& request = exchange.request();
    const std::string path(request.path);
    log += std::string(request.method) + " " + path + ";";
    Response response;
    if (path == "/hold" || path == "/stream") {
      listeners.push_back(std::make_unique<Listener>());
      listeners.back()->exchange = &exchange;
      if (path == "/hold") return exchange.hold(*listeners.back());
      exchange.open_stream({{"Content-Type", "text/event-stream"}}, *listeners.back());
      exchange.write("begun;");
      return;
    }
    // What follows is the subprotocol.
    if (path.starts_with("/ws")) {
      sockets.push_back(std::make_unique<SocketListener>());
      return exchange.open_websocket(path.size() > 4 ? path.substr(4) : "", *sockets.back());
    }
    if (path == "/none") response.status = 204;
    if (path == "/big") response.body.assign(big, 'b');
    if (path == "/call" && call) call();
    if (response.body.empty()) response.body = "[" + path + ":" + exchange.take_body() + "]";
    exchange.respond(response);
  }
  // Answers the exchange that is held by that listener.
  void answer(std::size_t i, std::string body = "[late]") {
    Response response;
    response.body = std::move(body);
    listeners[i]->exchange->respond(response);
  }

  std::string log;
  std::size_t big = 1u << 20;
  std::function<void()> call;
  std::vector<std::unique_ptr<Listener>> listeners;
  std::vector<std::unique_ptr<SocketListener>> sockets;
};

class FrontFixture {
 public:
  explicit FrontFixture(HttpFrontOptions options = {}, WsServerOptions websocket_options = {},
                        std::size_t held = 128u << 20)
      : FrontFixture(default_poller(), options, websocket_options, held) {}
  explicit FrontFixture(PollerKind kind, HttpFrontOptions options = {},
                        WsServerOptions websocket_options = {}, std::size_t held = 128u << 20)
      : poller(make_socket_poller(reactor, kind)),
        deadlines(reactor),
        holdings(held),
        websockets(reactor, deadlines, holdings, websocket_options) {
    std::signal(SIGPIPE, SIG_IGN);
    front = std::make_unique<HttpFront>(reactor, *poller, deadlines, holdings, websockets, handler,
                                        options);
    const auto bound = front->listen(ListenAddress{});
    REQUIRE(bound.ok());
    port = *bound;
  }
  ~FrontFixture() {
    // As a server does it: nothing of the front is on the loop any more when it goes.
    front->drain();
    run_until(
        reactor, [&] { return front->connections() == 0; }, 1ms);
  }
  bool gone() {
    return run_until(reactor, [&] { return front->connections() == 0; });
  }

  Reactor reactor;
  std::unique_ptr<SocketPoller> poller;
  Deadlines deadlines;
  Holdings holdings;
  WsServer websockets;
  TestHandler handler;
  std::unique_ptr<HttpFront> front;
  std::uint16_t port = 0;
};

inline std::string get_text(std::string_view path, std::string_view fields = {}) {
  return "GET " + std::string(path) + " HTTP/1.1\r\nHost: x\r\n" + std::string(fields) + "\r\n";
}
inline std::string post_text(std::string_view path, std::string_view body,
                             std::string_view fields = {}) {
  return "POST " + std::string(path) +
         " HTTP/1.1\r\nHost: x\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" +
         std::string(fields) + "\r\n" + std::string(body);
}

inline std::string handshake_text(std::string_view path = "/ws") {
  return get_text(path,
                  "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
                  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n");
}

}  // namespace rt::test
