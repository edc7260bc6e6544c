#pragma once

#include <asio/awaitable.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "app/relay_run.hpp"
#include "app/route_figures.hpp"
#include "app/totals.hpp"
#include "base/random.hpp"
#include "engine/backoff.hpp"
#include "io/loop/reactor.hpp"
#include "model/defaults.hpp"

namespace rt {

enum class RouteRestart : std::uint8_t { on_failure, always, never };

struct RouteOptions {
  std::string name;
  RelayOptions relay;  // it reports to nobody
  RouteRestart restart = RouteRestart::on_failure;
  Milliseconds most_pause = defaults::kMostPause;  // before it is started again
  // Its sources give again, at the next start, what they had given and was not passed on.
  bool keeps_place = false;
  bool unchanged = false;  // since the file was read before
};

// One of several routes: a relay that is started again when it fails. Its log lines bear its name.
class RunningRoute {
 public:
  RunningRoute(Reactor& whole, RouteOptions options);

  // Its own part of the loop: what run() is spawned on.
  Reactor& reactor() { return reactor_; }
  const RouteOptions& options() const { return options_; }

  // Until it has ended for good, or is told to end and has done so in order. Once.
  asio::awaitable<void> run();
  // `signal`: as of Shutdown.
  void end(int signal);

  RouteFigures figures() const;
  // Of all its starts so far; times and outcome too.
  Totals totals() const;
  // Why it has ended for good, unless it was in order.
  const std::optional<Error>& failure() const { return failure_; }

 private:
  asio::awaitable<Result<void>> run_once();
  asio::awaitable<Result<void>> run_relay();
  void add(const Totals& totals, std::uint64_t left);
  bool goes_on(const Result<void>& result) const;
  asio::awaitable<void> pause(const Result<void>& result);

  Reactor reactor_;
  RouteOptions options_;
  Notifier ended_;
  Random random_;
  Backoff backoff_;
  std::unique_ptr<Shutdown> shutdown_;  // of the run
  std::unique_ptr<RelayRun> run_;
  Totals past_;  // of the runs before
  std::uint64_t restarts_ = 0;
  std::optional<Error> failure_;
  std::string why_;  // the last run failed
  RouteState state_ = RouteState::starting;
  std::optional<SteadyTime> stood_since_;
  const WallTime start_;
  const SteadyTime begin_;
  bool ending_ = false;
  int signal_ = 0;
};

}  // namespace rt
