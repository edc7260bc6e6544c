#include "io/loop/notifier.hpp"

#include <doctest/doctest.h>

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/io_context.hpp>

namespace rt {
namespace {

using namespace std::chrono_literals;

asio::awaitable<void> count_wakes(Notifier& notifier, int& wakes) {
  while (true) {
    co_await notifier.wait();
    ++wakes;
  }
}

asio::awaitable<void> note_outcome(Notifier& notifier, std::chrono::milliseconds limit, int& out) {
  const bool woken = co_await notifier.wait_until(std::chrono::steady_clock::now() + limit);
  out = woken ? 1 : 0;
}

TEST_CASE("all that wait are woken, from the loop") {
  asio::io_context context;
  Notifier notifier(context.get_executor());
  int first = 0;
  int second = 0;
  int limited = -1;
  notifier.notify_all();  // nobody waits: nothing is kept
  asio::co_spawn(context, count_wakes(notifier, first), asio::detached);
  asio::co_spawn(context, count_wakes(notifier, second), asio::detached);
  asio::co_spawn(context, note_outcome(notifier, 1h, limited), asio::detached);
  context.poll();
  CHECK(first == 0);
  notifier.notify_all();
  notifier.notify_all();
  CHECK(first == 0);
  context.poll();
  CHECK(first == 1);
  CHECK(second == 1);
  CHECK(limited == 1);
  notifier.notify_all();
  context.poll();
  CHECK(first == 2);
}

TEST_CASE("a limit passes") {
  asio::io_context context;
  Notifier notifier(context.get_executor());
  int outcome = -1;
  asio::co_spawn(context, note_outcome(notifier, 1ms, outcome), asio::detached);
  context.run();
  CHECK(outcome == 0);
  notifier.notify_all();
}

}  // namespace
}  // namespace rt
