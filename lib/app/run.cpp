#include "app/run.hpp"

#include <sys/resource.h>

#include <algorithm>
#include <asio/co_spawn.hpp>
#include <asio/signal_set.hpp>
#include <csignal>
#include <exception>
#include <optional>
#include <string>

#include "base/log.hpp"

namespace rt {
namespace {

// Below this the libraries end the process, or wait for what cannot come.
constexpr rlim_t kLeastDescriptors = 32;

Result<void> check_descriptors() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= kLeastDescriptors) return {};
  const rlim_t had = limit.rlim_cur;
  limit.rlim_cur = std::min(limit.rlim_max, kLeastDescriptors);
  if (limit.rlim_cur == kLeastDescriptors && setrlimit(RLIMIT_NOFILE, &limit) == 0) return {};
  return Error(Fault::other, "no more than " + std::to_string(had) +
                                 " files may be open at a time: at least " +
                                 std::to_string(kLeastDescriptors) + " are needed (ulimit -n)");
}

}  // namespace

asio::awaitable<void> Shutdown::wait() {
  while (!requested_) co_await changed_.wait();
}

void Shutdown::request(int signal) {
  if (!requested_) signal_ = signal;
  requested_ = true;
  changed_.notify_all();
}

int run(OnSignal on_signal,
        const std::function<asio::awaitable<Result<void>>(Reactor&, Shutdown&)>& main) {
  if (const Result<void> enough = check_descriptors(); !enough) {
    Log::error(enough.error().text());
    return exit_code(enough.error().fault());
  }
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
                     if (thrown) {
                       try {
                         std::rethrow_exception(thrown);
                       } catch (const std::exception& e) {
                         result = Error(Fault::other, std::string("internal error: ") + e.what());
                       }
                     }
                     outcome = std::move(result);
                     reactor.context().stop();
                   });
    reactor.context().run();
    signal = shutdown.signal();
  }
  if (signal != 0 && on_signal == OnSignal::reraise && (!outcome || outcome->ok())) {
    std::signal(signal, SIG_DFL);
    raise(signal);
  }
  if (outcome && !*outcome) {
    Log::error(outcome->error().text());
    return exit_code(outcome->error().fault());
  }
  return 0;
}

}  // namespace rt
