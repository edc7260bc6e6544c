#include "app/bus.hpp"

#include <doctest/doctest.h>

#include <asio/co_spawn.hpp>
#include <asio/experimental/awaitable_operators.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/steady_timer.hpp>
#include <asio/use_awaitable.hpp>
#include <optional>
#include <string>

#include "app/hub_server.hpp"
#include "unit/io/loop.hpp"

using namespace rt;
using namespace rt::test;
using namespace asio::experimental::awaitable_operators;

namespace {

std::uint16_t closed_port(Reactor& reactor) {
  const asio::ip::tcp::acceptor acceptor(
      reactor.context(), asio::ip::tcp::endpoint(asio::ip::address_v4::loopback(), 0));
  return acceptor.local_endpoint().port();
}

struct BusFixture {
  explicit BusFixture(bool retry_first) : hub(reactor, {}) {
    BusOptions options;
    options.mqtt.endpoint.transport = Transport::mqtt;
    options.mqtt.endpoint.host = "127.0.0.1";
    options.mqtt.endpoint.port = closed_port(reactor);
    options.retry_first = retry_first;
    bus.emplace(reactor, hub.service(), options);
  }
  Result<void> connect() {
    std::optional<Result<void>> result;
    asio::co_spawn(
        reactor.context(),
        [&]() -> asio::awaitable<void> {
          const Result<void> connected = co_await bus->connect();
          result = connected;
        },
        [](const std::exception_ptr&) {});
    REQUIRE(run_until(reactor, [&] { return result.has_value(); }));
    return *result;
  }

  Reactor reactor;
  HubServer hub;
  std::optional<Bus> bus;
};

}  // namespace

TEST_CASE("a bus that is not there is an error at first") {
  BusFixture fixture(false);
  const Result<void> connected = fixture.connect();
  REQUIRE_FALSE(connected.ok());
  CHECK(connected.error().fault() == Fault::network);
  CHECK(connected.error().text().find("mqtt://127.0.0.1:") == 0);
}

TEST_CASE("a bus that may come later is none, and the hub serves meanwhile") {
  BusFixture fixture(true);
  CHECK(fixture.connect().ok());
  struct Taken final : AppendListener {
    void on_appended(const Result<MessageId>& first) override { ok = first.ok(); }
    bool ok = false;
  } taken;
  Message message;
  message.payload = "x";
  Record record{"/a", Publisher::for_channel("/a", std::move(message), wall_now())};
  CHECK_FALSE(fixture.hub.service().publisher().append({&record, 1}, taken));
  CHECK(taken.ok);
  std::optional<std::size_t> first_to_end;
  asio::co_spawn(
      fixture.reactor.context(),
      [&]() -> asio::awaitable<void> {
        asio::steady_timer timer(fixture.reactor.context(), 50ms);
        auto either = co_await (fixture.bus->run() || timer.async_wait(asio::use_awaitable));
        co_await fixture.bus->close();
        first_to_end = either.index();
      },
      [](const std::exception_ptr&) {});
  REQUIRE(run_until(fixture.reactor, [&] { return first_to_end.has_value(); }));
  CHECK(*first_to_end == 1);
}
