#pragma once

#include <asio/awaitable.hpp>
#include <functional>
#include <string_view>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "io/loop/notifier.hpp"
#include "io/loop/reactor.hpp"

namespace rt {

// The wish that the program should end: SIGINT, SIGTERM, or a closed stdout.
class Shutdown {
 public:
  explicit Shutdown(Reactor& reactor) : changed_(reactor.executor()) {}

  bool requested() const { return requested_; }
  int signal() const { return signal_; }  // 0: it was no signal
  // By when a server has waited for what is under way, in all: 3 s after it was requested, but
  // never sooner than in a moment from now. Before that: as if it were requested now.
  SteadyTime patience_ends() const;

  // Completes when the end is wished for; at once when it is already.
  asio::awaitable<void> wait();
  void request(int signal = 0);

 private:
  Notifier changed_;
  bool requested_ = false;
  SteadyTime requested_at_{};
  int signal_ = 0;
};

enum class OnSignal {
  reraise,  // a client: clean up, then die by the signal, as the shell expects
  exit_ok,  // a server: an orderly end is success
};

// Tells of an error, and gives the exit code: as one line on stderr, by the manual's table.
int report(const Error& error);

// Runs `main` on a loop until it completes, tells its error, and returns the exit code. The first
// SIGINT or SIGTERM requests the shutdown; a second one ends the process at once.
int run(OnSignal on_signal,
        const std::function<asio::awaitable<Result<void>>(Reactor&, Shutdown&)>& main,
        const std::function<int(const Error&)>& tell = report);

}  // namespace rt
