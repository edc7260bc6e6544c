#include "app/run.hpp"

#include <algorithm>
#include <asio/co_spawn.hpp>
#include <asio/signal_set.hpp>
#include <csignal>
#include <exception>
#include <optional>

#include "base/log.hpp"
#include "base/unexpected.hpp"

namespace rt {
namespace {

constexpr Milliseconds kEndTime = 3s;
constexpr Milliseconds kMoment = 200ms;

}  // namespace

asio::awaitable<void> Shutdown::wait() {
  while (!requested_) co_await changed_.wait();
}

void Shutdown::request(int signal) {
  if (!requested_) {
    signal_ = signal;
    requested_at_ = std::chrono::steady_clock::now();
  }
  requested_ = true;
  changed_.notify_all();
}

SteadyTime Shutdown::patience_ends() const {
  const SteadyTime now = std::chrono::steady_clock::now();
  return std::max((requested_ ? requested_at_ : now) + kEndTime, now + kMoment);
}

int report(const Error& error) {
  Log::error(error.text());
  return exit_code(error.fault());
}

int run(OnSignal on_signal,
        const std::function<asio::awaitable<Result<void>>(Reactor&, Shutdown&)>& main,
        const std::function<int(const Error&)>& tell) {
  std::optional<Result<void>> outcome;
  int signal = 0;
  {
    Reactor reactor;
    Shutdown shutdown(reactor);
    asio::signal_set signals(reactor.context(), SIGINT, SIGTERM);
    signals.async_wait([&](asio::error_code failed, int number) {
      if (failed) return;
      std::signal(SIGINT, SIG_DFL);
      std::signal(SIGTERM, SIG_DFL);
      shutdown.request(number);
    });
    asio::co_spawn(reactor.context(), main(reactor, shutdown),
                   [&](const std::exception_ptr& thrown, Result<void> result) {
                     if (thrown) result = error_from(thrown);
                     outcome = std::move(result);
                     reactor.context().stop();
                   });
    try {
      reactor.context().run();
    } catch (...) {
      // The verb is suspended somewhere and cannot be destroyed in order.
      end_with(error_from(std::current_exception()));
    }
    signal = shutdown.signal();
  }
  if (signal != 0 && on_signal == OnSignal::reraise && (!outcome || outcome->ok())) {
    std::signal(signal, SIG_DFL);
    raise(signal);
  }
  return outcome && !*outcome ? tell(outcome->error()) : 0;
}

}  // namespace rt
