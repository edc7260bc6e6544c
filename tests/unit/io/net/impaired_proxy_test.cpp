#include "io/net/impaired_proxy.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <asio/connect.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/read.hpp>
#include <asio/redirect_error.hpp>
#include <asio/use_awaitable.hpp>
#include <asio/write.hpp>
#include <memory>
#include <vector>

#include "unit/io/complete.hpp"

namespace rt {
namespace {

using Tcp = asio::ip::tcp;
using test::complete;
using test::run_for;
using test::run_until;

double milliseconds_since(SteadyTime begin) {
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin)
      .count();
}

// What a side saw when it read or wrote.
struct Seen {
  std::string bytes;
  asio::error_code end;
};

asio::awaitable<Seen> read_some(Tcp::socket& socket, std::size_t size) {
  Seen out;
  out.bytes.resize(size);
  const std::size_t came = co_await asio::async_read(
      socket, asio::buffer(out.bytes), asio::redirect_error(asio::use_awaitable, out.end));
  out.bytes.resize(came);
  co_return out;
}

asio::awaitable<Seen> write_all(Tcp::socket& socket, std::string bytes) {
  Seen out;
  co_await asio::async_write(socket, asio::buffer(bytes),
                             asio::redirect_error(asio::use_awaitable, out.end));
  co_return out;
}

asio::awaitable<Seen> connect(Tcp::socket& socket, std::uint16_t port) {
  Seen out;
  co_await socket.async_connect({asio::ip::address_v4::loopback(), port},
                                asio::redirect_error(asio::use_awaitable, out.end));
  co_return out;
}

asio::awaitable<Seen> accept(Tcp::acceptor& acceptor, Tcp::socket& socket) {
  Seen out;
  co_await acceptor.async_accept(socket, asio::redirect_error(asio::use_awaitable, out.end));
  co_return out;
}

// A client and a server, and the proxy between them.
struct Line {
  explicit Line(const NetworkConditions& network) {
    proxy = std::make_unique<ImpairedProxy>(
        reactor,
        ImpairedProxy::Options{.port = acceptor.local_endpoint().port(), .network = network});
    REQUIRE(proxy->open());
    connect_both();
  }
  void connect_both() {
    begun = std::chrono::steady_clock::now();
    client = Tcp::socket(reactor.context());
    server = Tcp::socket(reactor.context());
    const auto accepted = test::begin(reactor, accept(acceptor, server));
    REQUIRE_FALSE(complete(reactor, connect(client, proxy->port())).end);
    REQUIRE(run_until(reactor, [&] { return accepted->has_value(); }));
    client.set_option(Tcp::no_delay(true));
    server.set_option(Tcp::no_delay(true));
  }
  // There and back, in milliseconds.
  double exchange() {
    const SteadyTime begin = std::chrono::steady_clock::now();
    const auto answered = test::begin(reactor, read_some(client, 1));
    REQUIRE_FALSE(complete(reactor, write_all(client, "a")).end);
    CHECK(complete(reactor, read_some(server, 1)).bytes == "a");
    REQUIRE_FALSE(complete(reactor, write_all(server, "b")).end);
    REQUIRE(run_until(reactor, [&] { return answered->has_value(); }));
    CHECK((*answered)->bytes == "b");
    return milliseconds_since(begin);
  }

  Reactor reactor;
  Tcp::acceptor acceptor{reactor.context(), {asio::ip::address_v4::loopback(), 0}};
  std::unique_ptr<ImpairedProxy> proxy;
  Tcp::socket client{reactor.context()};
  Tcp::socket server{reactor.context()};
  SteadyTime begun{};
};

TEST_CASE("the proxy's delay is that of the network, and the first exchange takes a second one") {
  Line line({.rtt = 40ms});
  line.exchange();
  CHECK(milliseconds_since(line.begun) >= 80);
  std::vector<double> times;
  for (int i = 0; i < 11; ++i) times.push_back(line.exchange());
  std::sort(times.begin(), times.end());
  CHECK(times.front() >= 40);
  CHECK(times.front() < 42);
  CHECK(times[times.size() / 2] < 80);
  CHECK(line.proxy->counts().connections == 1);
  CHECK(line.proxy->counts().up.bytes == 12);
  CHECK(line.proxy->counts().up.writes == 12);
  CHECK(line.proxy->counts().down.bytes == 12);
  CHECK(line.proxy->counts().down.writes == 12);
}

TEST_CASE("the proxy counts requests, and what packets and acknowledgements there would be") {
  Line line({});
  const auto up = [&](const std::string& bytes) {
    const auto came = test::begin(line.reactor, read_some(line.server, bytes.size()));
    REQUIRE_FALSE(complete(line.reactor, write_all(line.client, bytes)).end);
    REQUIRE(run_until(line.reactor, [&] { return came->has_value(); }));
    CHECK((*came)->bytes == bytes);
  };
  for (const char* bytes :
       {"GET / HTTP/1.1\r\n", "POST /a HTTP/1.1\r\n", "GETTING", "get /", "PUT / HTTP/1.1"}) {
    up(bytes);
    // So that nothing is acknowledged by what comes back.
    run_for(line.reactor, 50ms);
  }
  const ImpairedProxy::Direction first = line.proxy->counts().up;
  CHECK(first.requests == 3);
  CHECK(first.writes == 5);
  CHECK(first.packets == 5);
  CHECK(first.acknowledgements == 0);
  CHECK(line.proxy->counts().down.packets == 0);
  // The last is not yet.
  CHECK(line.proxy->counts().down.acknowledgements == 4);

  up(std::string(3000, 'x'));
  const ImpairedProxy::Direction added = line.proxy->counts().up.since(first);
  CHECK(added.bytes == 3000);
  CHECK(added.packets >= 3);
}

TEST_CASE("without a network the proxy takes next to no time") {
  Line line({});
  std::vector<double> times;
  for (int i = 0; i < 21; ++i) times.push_back(line.exchange());
  CHECK(*std::min_element(times.begin(), times.end()) < 5);
}

TEST_CASE("the proxy's rate, each way") {
  Line line({.down = 8'000'000, .up = 2'000'000});
  const struct {
    Tcp::socket &from, &to;
    std::size_t bytes;
  } rows[] = {{line.server, line.client, 200'000}, {line.client, line.server, 50'000}};
  for (const auto& row : rows) {
    const SteadyTime begin = std::chrono::steady_clock::now();
    const auto written =
        test::begin(line.reactor, write_all(row.from, std::string(row.bytes, 'x')));
    CHECK(complete(line.reactor, read_some(row.to, row.bytes), 30s).bytes.size() == row.bytes);
    const double taken = milliseconds_since(begin);
    CHECK(taken >= 196);
    CHECK(taken < 1'000);
  }
}

TEST_CASE("a proxy whose line is full does not read on") {
  Line line({.down = 1'000});
  const auto written =
      test::begin(line.reactor, write_all(line.server, std::string(32u << 20, 'x')));
  const auto down = [&] { return line.proxy->counts().down.bytes; };
  REQUIRE(run_until(line.reactor, [&] { return down() >= (50u << 10); }));
  run_for(line.reactor, 200ms);
  CHECK(down() <= (128u << 10));
  CHECK_FALSE(written->has_value());
}

TEST_CASE("a reset is seen by both sides, and new connections are taken") {
  Line line({});
  line.exchange();
  line.proxy->reset();
  CHECK(complete(line.reactor, read_some(line.client, 1)).end == asio::error::connection_reset);
  CHECK(complete(line.reactor, read_some(line.server, 1)).end == asio::error::connection_reset);
  CHECK(run_until(line.reactor, [&] { return line.proxy->connections_now() == 0; }));
  line.connect_both();
  line.exchange();
  CHECK(line.proxy->counts().connections == 2);
}

TEST_CASE("a cut is seen by both sides, and for so long nobody connects") {
  Line line({});
  line.exchange();
  const SteadyTime begin = std::chrono::steady_clock::now();
  line.proxy->cut(300ms);
  CHECK(complete(line.reactor, read_some(line.client, 1)).end == asio::error::connection_reset);
  CHECK(complete(line.reactor, read_some(line.server, 1)).end == asio::error::connection_reset);
  double connected = 0;
  for (bool refused = true; refused;) {
    Tcp::socket other(line.reactor.context());
    refused = static_cast<bool>(complete(line.reactor, connect(other, line.proxy->port())).end);
    connected = milliseconds_since(begin);
    REQUIRE(connected < 10'000);
  }
  CHECK(connected >= 300);
}

TEST_CASE("while a proxy stalls nothing passes, and then all of it") {
  Line line({});
  line.exchange();
  const SteadyTime begin = std::chrono::steady_clock::now();
  line.proxy->stall(150ms);
  line.exchange();
  CHECK(milliseconds_since(begin) >= 150);
  CHECK(line.proxy->counts().connections == 1);
}

TEST_CASE("an end goes through the proxy one way, and the other way goes on") {
  Line line({.rtt = 2ms});
  line.client.shutdown(Tcp::socket::shutdown_send);
  CHECK(complete(line.reactor, read_some(line.server, 1)).end == asio::error::eof);
  REQUIRE_FALSE(complete(line.reactor, write_all(line.server, std::string(300'000, 'x'))).end);
  line.server.close();
  const Seen seen = complete(line.reactor, read_some(line.client, 400'000));
  CHECK(seen.bytes.size() == 300'000);
  CHECK(seen.end == asio::error::eof);
  CHECK(run_until(line.reactor, [&] { return line.proxy->connections_now() == 0; }));
}

TEST_CASE("a server that is not there, and a proxy that goes") {
  Line line({});
  line.acceptor.close();
  Tcp::socket other(line.reactor.context());
  REQUIRE_FALSE(complete(line.reactor, connect(other, line.proxy->port())).end);
  CHECK(complete(line.reactor, read_some(other, 1)).end == asio::error::connection_reset);
  const std::uint16_t port = line.proxy->port();
  line.proxy.reset();
  CHECK(complete(line.reactor, read_some(line.client, 1)).end == asio::error::connection_reset);
  CHECK(complete(line.reactor, connect(other, port)).end);
}

}  // namespace
}  // namespace rt
