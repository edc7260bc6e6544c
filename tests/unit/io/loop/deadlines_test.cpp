#include "io/loop/deadlines.hpp"

#include <doctest/doctest.h>

#include <asio/post.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "unit/io/loop.hpp"

namespace rt {
namespace {

using test::run_for;
using test::run_until;

class Alarm final : public Deadline {
 public:
  std::function<void()> action;
  int calls = 0;
  SteadyTime last{};

 private:
  void on_deadline() override {
    ++calls;
    last = std::chrono::steady_clock::now();
    CHECK_FALSE(armed());
    if (action) action();
  }
};

TEST_CASE("deadlines that go while their timer is due already") {
  Reactor reactor;
  std::optional<Deadlines> deadlines;
  deadlines.emplace(reactor);
  Alarm alarm;
  deadlines->set(alarm, 0ms);
  // What is posted now runs in the turn in which the timer is found to be due, and before it.
  std::function<void()> spin = [&] {
    const SteadyTime late = std::chrono::steady_clock::now() + 3 * Deadlines::kTick;
    while (std::chrono::steady_clock::now() < late) {
    }
    asio::post(reactor.context(), [&] { deadlines.reset(); });
  };
  asio::post(reactor.context(), spin);
  reactor.context().run();
  CHECK(alarm.calls <= 1);
}

TEST_CASE("a deadline is never early and soon after its time") {
  Reactor reactor;
  Deadlines deadlines(reactor);
  const std::vector<Milliseconds> delays = {-5ms, 0ms, 1ms, 30ms, 49ms, 50ms, 51ms, 99ms, 160ms};
  std::vector<std::unique_ptr<Alarm>> alarms;
  std::vector<SteadyTime> starts;
  for (const Milliseconds delay : delays) {
    alarms.push_back(std::make_unique<Alarm>());
    starts.push_back(std::chrono::steady_clock::now());
    deadlines.set(*alarms.back(), delay);
    CHECK(alarms.back()->armed());
  }
  REQUIRE(run_until(reactor, [&] {
    for (const auto& alarm : alarms)
      if (alarm->calls == 0) return false;
    return true;
  }));
  run_for(reactor, 60ms);
  for (std::size_t i = 0; i < delays.size(); ++i) {
    CAPTURE(delays[i].count());
    CHECK(alarms[i]->calls == 1);
    CHECK(alarms[i]->last - starts[i] >= delays[i]);
    // A tick, and what a loaded machine needs.
    CHECK(alarms[i]->last - starts[i] <= delays[i] + Deadlines::kTick + 500ms);
  }
}

TEST_CASE("cleared, moved and destroyed ones") {
  Reactor reactor;
  Deadlines deadlines(reactor);
  Alarm cleared;
  Alarm later;
  Alarm sooner;
  Alarm end;
  auto destroyed = std::make_unique<Alarm>();
  deadlines.set(cleared, 20ms);
  deadlines.set(later, 20ms);
  deadlines.set(sooner, 1h);
  deadlines.set(*destroyed, 20ms);
  deadlines.set(end, 150ms);
  cleared.clear();
  cleared.clear();
  CHECK_FALSE(cleared.armed());
  deadlines.set(later, 1h);
  deadlines.set(sooner, 20ms);
  destroyed.reset();
  REQUIRE(run_until(reactor, [&] { return end.calls == 1; }));
  CHECK(cleared.calls == 0);
  CHECK(later.calls == 0);
  CHECK(later.armed());
  CHECK(sooner.calls == 1);
}

TEST_CASE("a call may set itself again, and clear, move and destroy others of its tick") {
  Reactor reactor;
  Deadlines deadlines(reactor);
  Alarm actor;
  // Some on either side of the actor, whatever the order of a tick is.
  Alarm cleared[2];
  Alarm moved[2];
  std::unique_ptr<Alarm> destroyed[2] = {std::make_unique<Alarm>(), std::make_unique<Alarm>()};
  const auto set_others = [&](std::size_t side) {
    for (Alarm* const alarm : {&cleared[side], &moved[side], destroyed[side].get()}) {
      alarm->action = [&] { CHECK(actor.calls == 0); };
      deadlines.set(*alarm, 10ms);
    }
  };
  actor.action = [&] {
    if (actor.calls < 3) deadlines.set(actor, 0ms);
    if (actor.calls > 1) return;
    for (Alarm& alarm : cleared) alarm.clear();
    for (Alarm& alarm : moved) deadlines.set(alarm, 1h);
    for (auto& alarm : destroyed) alarm.reset();
  };
  set_others(0);
  deadlines.set(actor, 10ms);
  set_others(1);
  REQUIRE(run_until(reactor, [&] { return actor.calls == 3; }));
  for (const Alarm& alarm : moved) CHECK(alarm.armed());
  for (const Alarm& alarm : cleared) CHECK_FALSE(alarm.armed());
  CHECK_FALSE(actor.armed());
}

TEST_CASE("an alarm that always sets itself to now does not hold the loop") {
  Reactor reactor;
  Deadlines deadlines(reactor);
  Alarm busy;
  busy.action = [&] { deadlines.set(busy, 0ms); };
  deadlines.set(busy, 0ms);
  REQUIRE(run_until(reactor, [&] { return busy.calls == 3; }));
  CHECK(busy.armed());
}

TEST_CASE("more than a round of the wheel ahead") {
  Reactor reactor;
  Deadlines deadlines(reactor);
  // 1024 ticks of 50 ms: these share their slot with the near one.
  Alarm near;
  Alarm far;
  Alarm farther;
  Alarm overflowing;
  deadlines.set(far, 51'200ms + 20ms);
  deadlines.set(near, 20ms);
  deadlines.set(farther, 102'400ms + 20ms);
  deadlines.set(overflowing, Milliseconds::max());
  REQUIRE(run_until(reactor, [&] { return near.calls == 1; }));
  run_for(reactor, 120ms);
  for (Alarm* const alarm : {&far, &farther, &overflowing}) {
    CHECK(alarm->calls == 0);
    CHECK(alarm->armed());
  }
}

TEST_CASE("what is not due costs those that are due little") {
  Reactor reactor;
  Deadlines deadlines(reactor);
  constexpr std::size_t kMany = 20'000;
  std::size_t calls = 0;
  const auto alarms = std::make_unique<Alarm[]>(2 * kMany);
  for (std::size_t i = 0; i < kMany; ++i) {
    alarms[i].action = [&] { ++calls; };
    deadlines.set(alarms[i], 30ms);
  }
  for (std::size_t i = kMany; i < 2 * kMany; ++i) deadlines.set(alarms[i], 51'200ms + 30ms);
  const SteadyTime start = std::chrono::steady_clock::now();
  REQUIRE(run_until(reactor, [&] { return calls == kMany; }));
  CHECK(std::chrono::steady_clock::now() - start < 1500ms);
}

TEST_CASE("the loop sleeps while nothing is due") {
  Reactor reactor;
  Deadlines deadlines(reactor);
  Alarm alarm;
  Alarm far;
  deadlines.set(alarm, 200ms);
  deadlines.set(far, 10min);
  std::size_t handlers = 0;
  while (alarm.calls == 0) handlers += reactor.context().run_one_for(50ms);
  CHECK(handlers <= 3);
}

TEST_CASE("the wheel may go first") {
  Reactor reactor;
  Alarm alarm;
  {
    Deadlines deadlines(reactor);
    deadlines.set(alarm, 1ms);
  }
  CHECK_FALSE(alarm.armed());
  alarm.clear();
  run_for(reactor, 60ms);
  CHECK(alarm.calls == 0);
}

}  // namespace
}  // namespace rt
