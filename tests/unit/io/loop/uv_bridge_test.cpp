#include "io/loop/uv_bridge.hpp"

#include <doctest/doctest.h>
#include <unistd.h>
#include <uv.h>

#include <thread>

#include "base/clock.hpp"

namespace rt {
namespace {

template <class Done>
bool run_until(Reactor& reactor, Done done, Milliseconds limit = 5s) {
  const SteadyTime deadline = std::chrono::steady_clock::now() + limit;
  while (!done() && std::chrono::steady_clock::now() < deadline) {
    reactor.context().restart();
    // The bridge alone must wake the loop: a poll that is long enough to be noticed.
    reactor.context().run_one_for(1s);
  }
  return done();
}

struct Counter {
  int fired = 0;
  SteadyTime last{};
  void count() {
    ++fired;
    last = std::chrono::steady_clock::now();
  }
};

Counter& counter_of(void* handle) {
  return *static_cast<Counter*>(static_cast<uv_handle_t*>(handle)->data);
}
template <class Handle>
uv_handle_t* base(Handle& handle) {
  return reinterpret_cast<uv_handle_t*>(&handle);
}

TEST_CASE("libuv runs inside the reactor") {
  for (const BridgeKind kind : {BridgeKind::descriptor, BridgeKind::thread}) {
    CAPTURE(static_cast<int>(kind));
    Reactor reactor;
    // Keeps the loop from having nothing to do, as a program's main does.
    const auto work = asio::make_work_guard(reactor.context());
    Counter counter;

    SUBCASE("a timer, once and again") {
      uv_timer_t timer;
      UvBridge bridge(reactor, kind);
      uv_timer_init(bridge.loop(), &timer);
      timer.data = &counter;
      const SteadyTime start = std::chrono::steady_clock::now();
      uv_timer_start(
          &timer, [](uv_timer_t* t) { counter_of(t).count(); }, 60, 0);
      bridge.pump();
      CHECK(run_until(reactor, [&] { return counter.fired == 1; }));
      CHECK(counter.last - start >= 55ms);
      CHECK(counter.last - start < 500ms);
      uv_timer_start(
          &timer, [](uv_timer_t* t) { counter_of(t).count(); }, 10, 10);
      bridge.pump();
      CHECK(run_until(reactor, [&] { return counter.fired >= 6; }));
      uv_timer_stop(&timer);
      uv_close(base(timer), nullptr);
    }
    SUBCASE("a later timer does not hide an earlier one") {
      uv_timer_t timers[2];
      UvBridge bridge(reactor, kind);
      const std::uint64_t delays[2] = {3000, 30};
      for (int i = 0; i < 2; ++i) {
        uv_timer_init(bridge.loop(), &timers[i]);
        timers[i].data = &counter;
        uv_timer_start(
            &timers[i], [](uv_timer_t* t) { counter_of(t).count(); }, delays[i], 0);
        bridge.pump();
        run_until(
            reactor, [] { return false; }, 1ms);
      }
      CHECK(run_until(
          reactor, [&] { return counter.fired == 1; }, 1s));
    }
    SUBCASE("an async from another thread") {
      uv_async_t async;
      UvBridge bridge(reactor, kind);
      uv_async_init(bridge.loop(), &async, [](uv_async_t* a) { counter_of(a).count(); });
      async.data = &counter;
      bridge.pump();
      for (int i = 1; i <= 50; ++i) {
        std::thread sender([&] { uv_async_send(&async); });
        const bool came = run_until(reactor, [&] { return counter.fired == i; });
        sender.join();
        REQUIRE(came);
      }
      uv_close(base(async), nullptr);
    }
    SUBCASE("a descriptor that is watched from within a callback") {
      struct Pipe : Counter {
        int ends[2];
        uv_poll_t poll;
        uv_timer_t timer;
      } pipe_state;
      REQUIRE(pipe(pipe_state.ends) == 0);
      UvBridge bridge(reactor, kind);
      uv_timer_init(bridge.loop(), &pipe_state.timer);
      pipe_state.timer.data = &pipe_state;
      const auto watch = [](uv_timer_t* timer) {
        auto& state = *static_cast<Pipe*>(timer->data);
        uv_poll_init(timer->loop, &state.poll, state.ends[0]);
        state.poll.data = &state;
        uv_poll_start(&state.poll, UV_READABLE, [](uv_poll_t* poll, int, int) {
          auto& here = *static_cast<Pipe*>(poll->data);
          char byte = 0;
          if (read(here.ends[0], &byte, 1) == 1) here.count();
        });
      };
      uv_timer_start(&pipe_state.timer, watch, 5, 0);
      bridge.pump();
      run_until(
          reactor, [] { return false; }, 30ms);
      for (int i = 1; i <= 5; ++i) {
        REQUIRE(write(pipe_state.ends[1], "x", 1) == 1);
        REQUIRE(run_until(reactor, [&] { return pipe_state.fired == i; }));
      }
      uv_close(base(pipe_state.poll), nullptr);
      bridge.run_now();
      close(pipe_state.ends[0]);
      close(pipe_state.ends[1]);
    }
    SUBCASE("a bridge may go while its handles and callbacks are under way") {
      uv_timer_t timer;
      {
        UvBridge bridge(reactor, kind);
        uv_timer_init(bridge.loop(), &timer);
        timer.data = &counter;
        uv_timer_start(
            &timer, [](uv_timer_t* t) { counter_of(t).count(); }, 0, 1);
        bridge.pump();
        run_until(reactor, [&] { return counter.fired > 2; });
        bridge.pump();
      }
      const int before = counter.fired;
      run_until(
          reactor, [] { return false; }, 20ms);
      CHECK(counter.fired == before);
    }
  }
}

}  // namespace
}  // namespace rt
