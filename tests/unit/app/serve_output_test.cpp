#include "app/serve_output.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <unistd.h>

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <optional>
#include <string>

#include "base/text.hpp"
#include "unit/io/hub/service_fixture.hpp"

namespace rt {
namespace {

// A pipe that takes some 64 KiB until somebody reads.
struct Fixture {
  explicit Fixture(HubLimits limits, HubServiceOptions options = {}) : hub(limits, options) {
    REQUIRE(pipe2(fds, O_CLOEXEC) == 0);
    REQUIRE(fcntl(fds[0], F_SETFL, O_NONBLOCK) == 0);
    output.emplace(hub.reactor, hub.service, ServeOutput::Options{fds[1], "the output", {}, {}});
    output->follow(nullptr, {});
  }
  ~Fixture() {
    output.reset();
    close(fds[0]);
    close(fds[1]);
  }

  PublisherPause& pause() { return hub.service.pause(); }
  void publish(std::size_t number, std::size_t size) {
    for (std::size_t i = 0; i < number; ++i) {
      hub.publish("/a", std::to_string(published++) + ":" + std::string(size, 'x'));
      test::run_ready(hub.reactor);
    }
  }
  // Reads until this holds.
  template <class Condition>
  bool read_until(Condition condition) {
    return test::run_until(hub.reactor, [&] {
      char bytes[65536];
      for (ssize_t n; (n = read(fds[0], bytes, sizeof bytes)) > 0;)
        printed.append(bytes, static_cast<std::size_t>(n));
      return condition();
    });
  }
  // The numbers of what was printed.
  std::vector<std::size_t> numbers() const {
    std::vector<std::size_t> out;
    for (const std::string_view line : split(printed, '\n'))
      if (const std::size_t colon = line.find(':'); colon != line.npos)
        out.push_back(std::stoul(std::string(line.substr(0, colon))));
    return out;
  }

  test::HubFixture hub;
  int fds[2] = {-1, -1};
  std::optional<ServeOutput> output;
  std::size_t published = 0;
  std::string printed;
};

HubLimits small() {
  HubLimits limits;
  limits.memory = 8u << 20;
  limits.history = 1;
  return limits;
}

TEST_CASE("what a stalled output does not take waits, pauses publishers, and is written in order") {
  for (const bool relay : {true, false}) {
    CAPTURE(relay);
    HubServiceOptions options;
    options.relay = relay;
    Fixture fixture(small(), options);
    std::size_t size = 10'000;
    const auto post = [&] {
      fixture.hub.post("/a", std::to_string(fixture.published++) + ":" + std::string(size, 'x'));
      test::run_ready(fixture.hub.reactor);
    };
    while (!fixture.pause().paused()) post();
    CHECK(fixture.pause().waiting() <= fixture.pause().begins_at() + 20'000);
    CHECK(fixture.hub.get("/-/metrics").response.body.find("rtwire_output_bytes 1") !=
          std::string::npos);
    for (int i = 0; i < 50; ++i) post();
    CHECK(fixture.pause().paused());
    CHECK_FALSE(fixture.pause().refuses("/a"));

    REQUIRE(fixture.read_until([&] { return fixture.pause().waiting() == 0; }));
    CHECK_FALSE(fixture.pause().paused());
    REQUIRE(fixture.read_until([&] { return fixture.numbers().size() >= fixture.published; }));
    std::vector<std::size_t> all(fixture.published);
    for (std::size_t i = 0; i < all.size(); ++i) all[i] = i;
    CHECK(fixture.numbers() == all);
  }
}

TEST_CASE("what comes in spite of that is bounded: the rest stays in the window, or is counted") {
  Fixture fixture(small());
  // By somebody who is not paused.
  fixture.publish(1000, 10'000);
  const std::size_t most = fixture.pause().most();
  // The pipe may have taken its part of it when all was published.
  constexpr std::size_t kOfPipe = 100'000;
  CHECK(fixture.pause().refuses("/a") == (fixture.pause().waiting() >= most));
  CHECK(fixture.pause().waiting() >= most - kOfPipe);
  CHECK(fixture.pause().waiting() <= most + 20'000);

  REQUIRE(fixture.read_until([&] { return fixture.pause().waiting() == 0; }));
  const std::vector<std::size_t> numbers = fixture.numbers();
  REQUIRE(numbers.size() < 1000);
  CHECK(numbers.size() * 10'000 >= most / 2);
  // The window's last one was not lost.
  CHECK(numbers.back() == 999);
  CHECK(fixture.hub.get("/-/metrics")
            .response.body.find("rtwire_output_missed_total " +
                                std::to_string(1000 - numbers.size())) != std::string::npos);
}

TEST_CASE("at the end it writes what it can") {
  Fixture fixture(small());
  fixture.publish(100, 10'000);
  std::optional<Result<void>> result;
  const auto finishing = [&]() -> asio::awaitable<void> {
    Result<void> finished = co_await fixture.output->finish(std::chrono::steady_clock::now() + 2s);
    result = std::move(finished);
  };
  asio::co_spawn(fixture.hub.reactor.context(), finishing, asio::detached);
  REQUIRE(fixture.read_until([&] { return result.has_value(); }));
  CHECK(result->ok());
  REQUIRE(fixture.read_until([&] { return fixture.numbers().size() == 100; }));

  fixture.publish(100, 10'000);
  result.reset();
  asio::co_spawn(fixture.hub.reactor.context(), finishing, asio::detached);
  REQUIRE(test::run_until(fixture.hub.reactor, [&] { return result.has_value(); }));
  REQUIRE_FALSE(result->ok());
  CHECK(result->error().fault() == Fault::lost);
  CHECK(result->error().text().find("the output has not taken the last ") == 0);
}

}  // namespace
}  // namespace rt
