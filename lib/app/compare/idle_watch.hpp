#pragma once

#include <asio/awaitable.hpp>
#include <asio/steady_timer.hpp>
#include <deque>
#include <optional>
#include <vector>

#include "app/compare/figures.hpp"
#include "app/compare/options.hpp"
#include "app/compare/participants.hpp"
#include "app/compare/server.hpp"
#include "base/result.hpp"
#include "io/net/impaired_proxy.hpp"

namespace rt {

// Signs of life of a connection on which nothing is sent, and what they come to in an hour.
class IdleTally {
 public:
  // Bytes since the connection began, in order of time. What comes within the first second is how
  // it begins.
  void saw(std::chrono::duration<double> since_begin, std::uint64_t down, std::uint64_t up);
  // From the last of the beginning to the last of all: signs of life come at intervals. Nothing:
  // there was none.
  std::optional<IdleFigures> figures() const;

 private:
  struct Seen {
    std::chrono::duration<double> at{0};
    std::uint64_t down = 0;
    std::uint64_t up = 0;
  };
  Seen first_;
  Seen last_;
};

// A reader by each way to whom nothing is sent, at servers of their own, for as long as all the
// rest is measured. They take next to nothing of what the machine has.
class IdleWatch {
 public:
  IdleWatch(Reactor& reactor, const CompareOptions& options)
      : reactor_(reactor),
        options_(options),
        hub_(reactor),
        broker_(reactor),
        readers_(reactor),
        timer_(reactor.executor()),
        stopped_(reactor.executor()) {}

  // Completes when they are connected, or cannot be: then there are no figures.
  asio::awaitable<void> start(const std::vector<ComparedWay>& ways);
  std::optional<IdleFigures> figures(ComparedWay way) const;
  asio::awaitable<void> stop();

 private:
  struct Watched {
    Watched(Reactor& reactor, ComparedWay w, std::uint16_t port)
        : way(w), proxy(reactor, {.port = port}) {}

    ComparedWay way;
    ImpairedProxy proxy;
    SteadyTime begin = std::chrono::steady_clock::now();
    const Participant* reader = nullptr;
    IdleTally tally;
  };

  asio::awaitable<void> look();

  Reactor& reactor_;
  const CompareOptions& options_;
  ComparedServer hub_;
  ComparedServer broker_;
  Participants readers_;
  std::deque<Watched> watched_;
  asio::steady_timer timer_;
  bool ending_ = false;
  bool looking_ = false;
  Notifier stopped_;
};

}  // namespace rt
