#include "app/running_route.hpp"

#include <algorithm>
#include <asio/experimental/awaitable_operators.hpp>
#include <asio/post.hpp>
#include <asio/steady_timer.hpp>
#include <asio/use_awaitable.hpp>
#include <chrono>
#include <exception>
#include <utility>

#include "base/log.hpp"
#include "base/text.hpp"
#include "base/unexpected.hpp"

namespace rt {
namespace {

// A run that has stood for so long is no sign that the next one would not.
constexpr Milliseconds kHeld = 10s;
constexpr Milliseconds kFirstPause = 1s;
constexpr int kTurns = 4;

void add_to(RouteTraffic& all, const RouteTraffic& one, Milliseconds offset) {
  if (!all.traffic.first && one.traffic.first) all.traffic.first = *one.traffic.first + offset;
  all.traffic.messages += one.traffic.messages;
  all.traffic.bytes += one.traffic.bytes;
  all.dropped += one.dropped;
  all.unfinished = one.unfinished;
}

// What is under way is of the last run alone.
void add_to(Totals& all, const Totals& one, Milliseconds offset) {
  if (all.routes.empty()) {
    all.routes = one.routes;
  } else {
    for (std::size_t i = 0; i < std::min(all.routes.size(), one.routes.size()); ++i)
      add_to(all.routes[i], one.routes[i], offset);
  }
  all.unfinished = one.unfinished;
  all.reconnects += one.reconnects;
  all.lost += one.lost;
  all.refused += one.refused;
  all.uncertain = all.uncertain || one.uncertain;
}

}  // namespace

RunningRoute::RunningRoute(Reactor& whole, RouteOptions options)
    : reactor_(whole, options.name),
      options_(std::move(options)),
      ended_(reactor_.executor()),
      random_(Random::from_system()),
      backoff_(Backoff::Limits{std::min(kFirstPause, options_.most_pause), options_.most_pause}),
      start_(wall_now()),
      begin_(std::chrono::steady_clock::now()) {}

void RunningRoute::end(int signal) {
  ending_ = true;
  signal_ = signal;
  if (shutdown_) shutdown_->request(signal);
  ended_.notify_all();
}

bool RunningRoute::goes_on(const Result<void>& result) const {
  if (ending_ || options_.restart == RouteRestart::never) return false;
  if (options_.restart == RouteRestart::always) return true;
  // One that has lost messages has told so, and has ended in order.
  return !result && result.error().fault() != Fault::lost;
}

asio::awaitable<void> RunningRoute::run() {
  for (;;) {
    state_ = RouteState::starting;
    const Result<void> result = co_await run_once();
    if (!goes_on(result)) {
      const bool in_order = ending_ || result || result.error().fault() == Fault::lost;
      // Who cannot connect while it is told to end has not failed for that.
      if (!result && (!ending_ || result.error().fault() == Fault::lost)) failure_ = result.error();
      state_ = in_order ? RouteState::ended : RouteState::failed;
      if (!in_order) why_ = result.error().text();
      if (!result) Log::error(result.error().text());
      if (in_order && !ending_) Log::notice("the route has ended");
      co_return;
    }
    co_await pause(result);
    if (ending_) {
      state_ = RouteState::ended;
      co_return;
    }
    ++restarts_;
  }
}

asio::awaitable<Result<void>> RunningRoute::run_once() {
  Result<void> result;
  try {
    result = co_await run_relay();
  } catch (const std::exception&) {
    result = error_from(std::current_exception());
  }
  if (run_) add(run_->totals(), run_->left());
  // What it has posted to itself comes first, and what that posts.
  for (int turn = 0; turn < kTurns; ++turn)
    co_await asio::post(reactor_.executor(), asio::use_awaitable);
  run_.reset();
  shutdown_.reset();
  co_return result;
}

asio::awaitable<Result<void>> RunningRoute::run_relay() {
  shutdown_ = std::make_unique<Shutdown>(reactor_);
  if (ending_) shutdown_->request(signal_);
  RelayOptions options = options_.relay;
  stood_since_.reset();
  options.on_stands = [this] {
    stood_since_ = std::chrono::steady_clock::now();
    if (state_ == RouteState::starting && restarts_ > 0) Log::warn("the route runs again");
    state_ = RouteState::up;
    why_.clear();
  };
  run_ = std::make_unique<RelayRun>(reactor_, *shutdown_, std::move(options));
  Result<void> result = co_await run_->run();
  co_return result;
}

void RunningRoute::add(const Totals& totals, std::uint64_t left) {
  const auto before =
      std::chrono::duration_cast<Milliseconds>(std::chrono::steady_clock::now() - begin_);
  add_to(past_, totals, before);
  past_.lost += left;
}

asio::awaitable<void> RunningRoute::pause(const Result<void>& result) {
  using namespace asio::experimental::awaitable_operators;
  state_ = RouteState::waiting;
  why_ = result ? "it has ended" : result.error().text();
  // What is published while nobody reads is missing where nobody keeps it for us.
  if (!options_.keeps_place) past_.uncertain = true;
  const SteadyTime now = std::chrono::steady_clock::now();
  if (stood_since_ && now - *stood_since_ >= kHeld) backoff_.reset();
  const Milliseconds delay = backoff_.next(random_);
  Log::warn(why_ + "; the route is started again in " + seconds_text(delay.count()));
  const bool again = co_await ended_.wait_until(now + delay);
  (void)again;
}

RouteFigures RunningRoute::figures() const {
  Totals all = past_;
  RouteFigures out;
  out.name = options_.name;
  out.state = state_;
  out.why = why_;
  out.restarts = restarts_;
  if (run_) {
    add_to(all, run_->totals(), {});
    const std::string down = state_ == RouteState::up ? run_->lost_end() : std::string();
    if (!down.empty()) {
      out.state = RouteState::down;
      out.why = down;
    }
  }
  for (const RouteTraffic& way : all.routes) {
    out.messages += way.traffic.messages;
    out.bytes += way.traffic.bytes;
    out.dropped += way.dropped;
    out.lag += run_ ? way.unfinished : 0;
  }
  out.lost = all.lost;
  out.refused = all.refused;
  out.reconnects = all.reconnects;
  out.uncertain = all.uncertain;
  return out;
}

Totals RunningRoute::totals() const {
  Totals all = past_;
  all.route = options_.name;
  all.restarts = restarts_;
  all.start = start_;
  all.end = wall_now();
  all.duration = std::chrono::duration_cast<std::chrono::microseconds>(
      std::chrono::steady_clock::now() - begin_);
  all.signal = 0;
  if (failure_) {
    all.error = failure_->text();
    all.exit_code = exit_code(failure_->fault());
  }
  return all;
}

}  // namespace rt
