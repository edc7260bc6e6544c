#include <doctest/doctest.h>

#include "io/http/client.hpp"
#include "unit/io/http/test_server.hpp"

namespace rt {
namespace {

using test::drive;
using test::Peer;
using test::ScriptedServer;

HttpRequest get(std::string url) {
  HttpRequest request;
  request.url = std::move(url);
  return request;
}

TEST_CASE("a stream gives its head at once and its bytes as they come") {
  Reactor reactor;
  bool go_on = false;
  ScriptedServer server(reactor, [&](Peer& peer, int) -> asio::awaitable<void> {
    co_await peer.request();
    co_await peer.send("HTTP/1.1 200 OK\r\nX-A: b\r\nTransfer-Encoding: chunked\r\n\r\n");
    while (!go_on) co_await asio::post(asio::use_awaitable);
    co_await peer.send("3\r\none\r\n");
    go_on = false;
    while (!go_on) co_await asio::post(asio::use_awaitable);
    co_await peer.send("3\r\ntwo\r\n0\r\n\r\n");
  });
  HttpClient client(reactor, {});
  const bool finished = drive(reactor, [&]() -> asio::awaitable<void> {
    auto stream = co_await client.open(get(server.url()));
    REQUIRE(stream.ok());
    CHECK((*stream)->head().status == 200);
    CHECK((*stream)->head().header("x-a") == "b");
    go_on = true;
    auto one = co_await (*stream)->read();
    REQUIRE(one.ok());
    CHECK(*one == "one");
    go_on = true;
    auto two = co_await (*stream)->read(5000ms);
    REQUIRE(two.ok());
    CHECK(*two == "two");
    for (int i = 0; i < 2; ++i) {
      auto end = co_await (*stream)->read();
      REQUIRE(end.ok());
      CHECK(end->empty());
    }
  });
  CHECK(finished);
}

TEST_CASE("a stream that breaks gives what came, then the error") {
  Reactor reactor;
  ScriptedServer server(reactor, [](Peer& peer, int) -> asio::awaitable<void> {
    co_await peer.request();
    co_await peer.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n");
  });
  HttpClient client(reactor, {});
  const bool finished = drive(reactor, [&]() -> asio::awaitable<void> {
    auto stream = co_await client.open(get(server.url()));
    REQUIRE(stream.ok());
    auto one = co_await (*stream)->read();
    REQUIRE(one.ok());
    CHECK(*one == "one");
    auto broken = co_await (*stream)->read();
    REQUIRE(!broken.ok());
    CHECK(broken.error().fault() == Fault::network);
    CHECK(!broken.error().fatal());
  });
  CHECK(finished);
}

TEST_CASE("silence on a stream") {
  Reactor reactor;
  ScriptedServer server(reactor, [](Peer& peer, int) -> asio::awaitable<void> {
    co_await peer.request();
    co_await peer.send("HTTP/1.1 200 OK\r\n\r\n");
    co_await peer.until_closed();
  });
  HttpClient client(reactor, {});
  const bool finished = drive(reactor, [&]() -> asio::awaitable<void> {
    auto stream = co_await client.open(get(server.url()));
    REQUIRE(stream.ok());
    auto silent = co_await (*stream)->read(20ms);
    REQUIRE(!silent.ok());
    CHECK(silent.error().fault() == Fault::network);
  });
  CHECK(finished);
}

TEST_CASE("a stream that is not read is held back, and loses nothing") {
  Reactor reactor;
  constexpr std::size_t kTotal = 50u << 20;
  std::size_t sent = 0;
  const auto block = [](std::size_t from) {
    std::string out(64u << 10, '\0');
    for (std::size_t i = 0; i < out.size(); ++i) out[i] = static_cast<char>((from + i) % 251);
    return out;
  };
  ScriptedServer server(reactor, [&](Peer& peer, int) -> asio::awaitable<void> {
    co_await peer.request();
    co_await peer.send("HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(kTotal) + "\r\n\r\n");
    while (sent < kTotal) {
      if (!co_await peer.send(block(sent))) co_return;
      sent += 64u << 10;
    }
  });
  HttpClient client(reactor, {});
  const bool finished = drive(reactor, [&]() -> asio::awaitable<void> {
    auto stream = co_await client.open(get(server.url()));
    REQUIRE(stream.ok());
    // Until the server has been stuck for a while.
    std::size_t before = 0;
    do {
      before = sent;
      asio::steady_timer pause(reactor.context(), 100ms);
      co_await pause.async_wait(asio::use_awaitable);
    } while (sent != before);
    CHECK(sent > 0);
    CHECK(sent < kTotal / 2);  // the rest is what the kernel's buffers hold

    std::size_t got = 0;
    std::size_t largest = 0;
    bool intact = true;
    while (true) {
      auto bytes = co_await (*stream)->read();
      REQUIRE(bytes.ok());
      if (bytes->empty()) break;
      largest = std::max(largest, bytes->size());
      for (const char c : *bytes) intact = intact && c == static_cast<char>(got++ % 251);
    }
    CHECK(intact);
    CHECK(got == kTotal);
    CHECK(largest <= (300u << 10));
  });
  CHECK(finished);
}

TEST_CASE("a stream ends its connection when it goes") {
  Reactor reactor;
  bool closed = false;
  ScriptedServer server(reactor, [&](Peer& peer, int) -> asio::awaitable<void> {
    co_await peer.request();
    co_await peer.send("HTTP/1.1 200 OK\r\n\r\nabc");
    co_await peer.until_closed();
    closed = true;
  });
  HttpClient client(reactor, {});
  const bool finished = drive(reactor, [&]() -> asio::awaitable<void> {
    auto stream = co_await client.open(get(server.url()));
    REQUIRE(stream.ok());
    stream->reset();
    while (!closed) co_await asio::post(asio::use_awaitable);
  });
  CHECK(finished);
}

}  // namespace
}  // namespace rt
