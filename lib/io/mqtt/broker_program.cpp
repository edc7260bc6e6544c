#include "io/mqtt/broker_program.hpp"

#include <asio/experimental/awaitable_operators.hpp>
#include <asio/steady_timer.hpp>
#include <asio/use_awaitable.hpp>
#include <csignal>
#include <vector>

#include "io/process/find_program.hpp"

namespace rt {
namespace {

using namespace asio::experimental::awaitable_operators;

constexpr Milliseconds kKillTime = 1s;  // for what cannot be refused

// Debian keeps it where only root's PATH looks, Homebrew where launchd finds it.
const std::vector<std::string>& broker_directories() {
  static const std::vector<std::string> directories = {
      "/usr/sbin",          "/usr/local/sbin",
      "/opt/homebrew/sbin", "/opt/homebrew/opt/mosquitto/sbin",
      "/usr/local/bin",     "/usr/local/opt/mosquitto/sbin"};
  return directories;
}

asio::awaitable<bool> ended_within(Reactor& reactor, ChildProcess& child, Milliseconds time) {
  asio::steady_timer timer(reactor.executor(), time);
  const auto either = co_await (child.wait() || timer.async_wait(asio::use_awaitable));
  co_return either.index() == 0;
}

}  // namespace

Result<std::string> find_broker(const std::string& program) {
  const std::string name = program.empty() ? "mosquitto" : program;
  if (auto found = find_program(name, broker_directories())) return *std::move(found);
  return Error(Fault::usage,
               "mosquitto, the MQTT broker, is not installed: apt install mosquitto (Debian), or "
               "brew install mosquitto (macOS)");
}

asio::awaitable<void> end_child(Reactor& reactor, ChildProcess& child, Milliseconds patience) {
  child.signal(SIGTERM);
  const bool ended = co_await ended_within(reactor, child, patience);
  if (ended) co_return;
  child.signal(SIGKILL);
  (void)co_await ended_within(reactor, child, kKillTime);
}

}  // namespace rt
