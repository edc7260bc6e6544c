#pragma once

#include <asio/awaitable.hpp>
#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/redirect_error.hpp>
#include <asio/steady_timer.hpp>
#include <asio/use_awaitable.hpp>
#include <asio/write.hpp>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "io/loop/reactor.hpp"

namespace rt::test {

// One accepted connection of a scripted server.
class Peer {
 public:
  explicit Peer(asio::ip::tcp::socket socket) : socket_(std::move(socket)) {
    socket_.set_option(asio::ip::tcp::no_delay(true));
  }

  // The next request: its head up to the empty line, and the body of its Content-Length. Empty at
  // the end of the connection. With Expect: 100-continue only the head is read.
  asio::awaitable<std::string> request() {
    while (buffer_.find("\r\n\r\n") == std::string::npos) {
      if (!co_await more()) co_return std::string();
    }
    const std::size_t head = buffer_.find("\r\n\r\n") + 4;
    std::size_t total = head;
    const std::size_t length = buffer_.find("Content-Length: ");
    if (length < head) total += std::stoul(buffer_.substr(length + 16));
    if (buffer_.substr(0, head).find("Expect: 100") != std::string::npos) total = head;
    while (buffer_.size() < total) {
      if (!co_await more()) co_return std::string();
    }
    std::string out = buffer_.substr(0, total);
    buffer_.erase(0, total);
    co_return out;
  }

  // Exactly so many bytes, for a body after an Expect.
  asio::awaitable<std::string> bytes(std::size_t count) {
    while (buffer_.size() < count) {
      if (!co_await more()) break;
    }
    std::string out = buffer_.substr(0, count);
    buffer_.erase(0, out.size());
    co_return out;
  }

  // False when the other side has gone.
  asio::awaitable<bool> send(std::string text) {
    asio::error_code failed;
    co_await asio::async_write(socket_, asio::buffer(text),
                               asio::redirect_error(asio::use_awaitable, failed));
    co_return !failed;
  }

  // Each byte by itself, as far as TCP lets it be seen.
  asio::awaitable<void> send_bytewise(std::string text) {
    for (const char c : text) {
      if (!co_await send(std::string(1, c))) co_return;
    }
  }

  // Until the other side closes.
  asio::awaitable<void> until_closed() {
    bool open = true;
    while (open) open = co_await more();
  }

  void close() {
    asio::error_code ignored;
    socket_.close(ignored);
  }

  void reset() {
    asio::error_code ignored;
    socket_.set_option(asio::socket_base::linger(true, 0), ignored);
    socket_.close(ignored);
  }

 private:
  asio::awaitable<bool> more() {
    char chunk[16384];
    asio::error_code failed;
    const std::size_t n = co_await socket_.async_read_some(
        asio::buffer(chunk), asio::redirect_error(asio::use_awaitable, failed));
    if (failed) co_return false;
    buffer_.append(chunk, n);
    co_return true;
  }

  asio::ip::tcp::socket socket_;
  std::string buffer_;
};

// A server on a free port of 127.0.0.1 that does with each connection what the test says; `number`
// counts connections from 0. It closes a connection when the script returns.
class ScriptedServer {
 public:
  using Script = std::function<asio::awaitable<void>(Peer& peer, int number)>;

  ScriptedServer(Reactor& reactor, Script script)
      : acceptor_(reactor.context(), {asio::ip::address_v4::loopback(), 0}),
        script_(std::move(script)) {
    asio::co_spawn(reactor.context(), accept(), asio::detached);
  }

  std::string url(std::string_view target = "/") const { return url_at("127.0.0.1", target); }
  std::string url_at(std::string_view host, std::string_view target) const {
    return "http://" + std::string(host) + ":" + std::to_string(acceptor_.local_endpoint().port()) +
           std::string(target);
  }
  int connections() const { return connections_; }

 private:
  asio::awaitable<void> accept() {
    while (true) {
      asio::error_code failed;
      asio::ip::tcp::socket socket =
          co_await acceptor_.async_accept(asio::redirect_error(asio::use_awaitable, failed));
      if (failed) co_return;
      asio::co_spawn(acceptor_.get_executor(), serve(std::move(socket), connections_++),
                     asio::detached);
    }
  }

  asio::awaitable<void> serve(asio::ip::tcp::socket socket, int number) {
    Peer peer(std::move(socket));
    co_await script_(peer, number);
  }

  asio::ip::tcp::acceptor acceptor_;
  Script script_;
  int connections_ = 0;
};

// The same script with one answer after the other, over as many connections as the client likes;
// the last one is repeated. Notes the requests.
class AnsweringServer {
 public:
  AnsweringServer(Reactor& reactor, std::vector<std::string> answers)
      : answers_(std::move(answers)),
        server_(reactor, [this](Peer& peer, int) { return serve(peer); }) {}

  std::string url(std::string_view target = "/") const { return server_.url(target); }
  std::string url_at(std::string_view host, std::string_view target) const {
    return server_.url_at(host, target);
  }
  int connections() const { return server_.connections(); }
  const std::vector<std::string>& requests() const { return requests_; }

 private:
  asio::awaitable<void> serve(Peer& peer) {
    while (true) {
      std::string request = co_await peer.request();
      if (request.empty()) co_return;
      requests_.push_back(std::move(request));
      const std::string answer = answers_[std::min(requests_.size(), answers_.size()) - 1];
      if (!co_await peer.send(answer)) co_return;
    }
  }

  std::vector<std::string> answers_;
  std::vector<std::string> requests_;
  ScriptedServer server_;
};

inline std::string answer(std::string_view status, std::string_view headers,
                          std::string_view body) {
  std::string out = "HTTP/1.1 " + std::string(status) + "\r\n" + std::string(headers);
  out += "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n";
  out += body;
  return out;
}

inline bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

// Runs the loop until the coroutine that `body` gives is done. False when it took too long.
template <class Body>
bool drive(Reactor& reactor, Body body) {
  bool finished = false;
  const auto task = [&]() -> asio::awaitable<void> {
    co_await body();
    finished = true;
  };
  asio::co_spawn(reactor.context(), task, [](std::exception_ptr thrown) {
    if (thrown) std::rethrow_exception(thrown);
  });
  const SteadyTime deadline = std::chrono::steady_clock::now() + 20s;
  while (!finished && std::chrono::steady_clock::now() < deadline) {
    reactor.context().restart();
    reactor.context().run_one_for(1s);
  }
  return finished;
}

}  // namespace rt::test
