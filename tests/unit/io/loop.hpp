#pragma once

#include <asio/steady_timer.hpp>

#include "base/clock.hpp"
#include "io/loop/reactor.hpp"

namespace rt::test {

// Runs the loop until the condition holds. False when that took too long.
template <class Condition>
bool run_until(Reactor& reactor, Condition condition, Milliseconds limit = 10s) {
  const SteadyTime deadline = std::chrono::steady_clock::now() + limit;
  while (!condition()) {
    if (std::chrono::steady_clock::now() >= deadline) return false;
    reactor.context().restart();
    reactor.context().run_one_for(10ms);
  }
  return true;
}

// Runs what is ready now, and what that makes ready.
inline void run_ready(Reactor& reactor) {
  reactor.context().restart();
  while (reactor.context().poll() > 0) reactor.context().restart();
}

// For what must not happen.
inline void run_for(Reactor& reactor, Milliseconds time) {
  reactor.context().restart();
  asio::steady_timer alive(reactor.context(), time);
  alive.async_wait([](asio::error_code) {});
  reactor.context().run_for(time);
}

}  // namespace rt::test
