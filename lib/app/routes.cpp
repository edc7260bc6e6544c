#include "app/routes.hpp"

#include <algorithm>
#include <asio/co_spawn.hpp>
#include <asio/experimental/awaitable_operators.hpp>
#include <asio/redirect_error.hpp>
#include <asio/signal_set.hpp>
#include <asio/steady_timer.hpp>
#include <asio/use_awaitable.hpp>
#include <chrono>
#include <csignal>
#include <exception>
#include <utility>

#include "app/routes_pages.hpp"
#include "base/log.hpp"
#include "io/stdio/live_line.hpp"

namespace rt {
namespace {

using namespace asio::experimental::awaitable_operators;

constexpr Milliseconds kPeriod = 1s;  // of the status line, and of what a service manager is told

class Routes {
 public:
  Routes(Reactor& reactor, Shutdown& shutdown, RoutesOptions options)
      : reactor_(reactor),
        shutdown_(shutdown),
        options_(std::move(options)),
        changed_(reactor.executor()),
        hangups_(reactor.executor(), SIGHUP) {}

  asio::awaitable<Result<void>> run() {
    if (options_.listen)
      pages_ =
          std::make_unique<RoutesPages>(reactor_, *options_.listen, [this] { return figures(); });
    if (pages_) {
      if (Result<void> listens = pages_->listen(); !listens) co_return listens;
    }
    for (RouteOptions& route : options_.routes) begin(std::move(route));
    options_.notify.ready(routes_summary(figures()));
    (void)co_await (all_ended() || shutdown_.wait() || reload_forever() || watch());
    options_.notify.stopping();
    ending_ = true;
    for (const auto& one : all_) one->route.end(shutdown_.signal());
    co_await (all_ended() && drain_pages());
    const Result<void> reported = report();
    Result<void> last = final_word();
    if (last && !reported) co_return reported;
    co_return last;
  }

 private:
  struct One {
    One(Reactor& reactor, RouteOptions options) : route(reactor, std::move(options)) {}
    RunningRoute route;
    bool running = true;
    bool removed = false;                   // by a new version of the file
    std::optional<RouteOptions> successor;  // begins when it has ended
  };

  void begin(RouteOptions options) {
    all_.push_back(std::make_unique<One>(reactor_, std::move(options)));
    One& one = *all_.back();
    asio::co_spawn(one.route.reactor().executor(), one.route.run(),
                   [this, &one](const std::exception_ptr& thrown) {
                     if (thrown) std::rethrow_exception(thrown);
                     one.running = false;
                     changed_.notify_all();
                   });
  }

  bool any_running() const {
    return std::any_of(all_.begin(), all_.end(), [](const auto& one) { return one->running; });
  }

  asio::awaitable<void> all_ended() {
    for (;;) {
      replace_ended();
      if (!any_running()) co_return;
      co_await changed_.wait();
    }
  }

  // Who has ended for another makes room for it.
  void replace_ended() {
    std::vector<RouteOptions> next;
    for (auto at = all_.begin(); at != all_.end();) {
      One& one = **at;
      if (one.running || !one.removed) {
        ++at;
        continue;
      }
      if (one.successor && !ending_) next.push_back(*std::move(one.successor));
      past_.push_back(one.route.totals());
      at = all_.erase(at);
    }
    for (RouteOptions& options : next) begin(std::move(options));
  }

  asio::awaitable<void> reload_forever() {
    for (;;) {
      asio::error_code failed;
      co_await hangups_.async_wait(asio::redirect_error(asio::use_awaitable, failed));
      options_.notify.reloading();
      Result<std::vector<RouteOptions>> next = options_.reload();
      if (next)
        apply(std::move(*next));
      else
        Log::error(next.error().text() + "\nnothing was changed");
      options_.notify.ready(routes_summary(figures()));
    }
  }

  void apply(std::vector<RouteOptions> next) {
    std::size_t unchanged = 0;
    std::size_t changed = 0;
    std::size_t removed = 0;
    for (const auto& one : all_) {
      const auto found = std::find_if(next.begin(), next.end(), [&](const RouteOptions& other) {
        return other.name == one->route.options().name;
      });
      // What is on its way out is so for good.
      if (found != next.end() && found->unchanged && !one->removed) {
        next.erase(found);
        ++unchanged;
        continue;
      }
      ++(found != next.end() ? changed : removed);
      one->removed = true;
      one->successor.reset();
      if (found != next.end()) {
        one->successor = std::move(*found);
        next.erase(found);
      }
      one->route.end(0);
    }
    const std::size_t added = next.size();
    for (RouteOptions& options : next) begin(std::move(options));
    Log::warn("the routes are read again: " + std::to_string(unchanged) + " unchanged, " +
              std::to_string(changed) + " changed, " + std::to_string(added) + " new, " +
              std::to_string(removed) + " removed");
    changed_.notify_all();
  }

  std::vector<RouteFigures> figures() const {
    std::vector<RouteFigures> out;
    for (const auto& one : all_)
      if (!one->removed || one->successor) out.push_back(one->route.figures());
    return out;
  }

  asio::awaitable<void> watch() {
    asio::steady_timer timer(reactor_.executor(), SteadyTime::max());
    if (!options_.status && !options_.notify.wanted())
      co_await timer.async_wait(asio::use_awaitable);
    std::optional<LiveLine> line;
    if (options_.status) line.emplace();
    std::uint64_t before = 0;
    std::string told;
    SteadyTime last = std::chrono::steady_clock::now();
    for (;;) {
      timer.expires_after(kPeriod);
      co_await timer.async_wait(asio::use_awaitable);
      const SteadyTime now = std::chrono::steady_clock::now();
      const std::vector<RouteFigures> all = figures();
      const std::string summary = routes_summary(all);
      if (summary != std::exchange(told, summary)) options_.notify.status(summary);
      if (line)
        line->show(routes_text(all, before, std::chrono::duration_cast<Milliseconds>(now - last)));
      before = 0;
      for (const RouteFigures& route : all) before += route.messages;
      last = now;
    }
  }

  asio::awaitable<void> drain_pages() {
    if (pages_) co_await pages_->drain();
  }

  Result<void> report() {
    if (!options_.stats && !options_.stats_json) return {};
    std::vector<Totals> all = past_;
    for (const auto& one : all_) all.push_back(one->route.totals());
    std::string lines;
    for (Totals& totals : all) {
      totals.program = "rtrelay";
      totals.verb = "run";
      if (totals.exit_code == 0) totals.signal = shutdown_.signal();
      if (options_.stats) Log::ready(totals_text(totals));
      lines += totals_json(totals);
    }
    if (!options_.stats_json) return {};
    const Result<void> written = options_.stats_json->write(lines);
    return written ? Result<void>() : written.error().within("--stats-json");
  }

  Result<void> final_word() const {
    for (const auto& one : all_) {
      const auto& failure = one->route.failure();
      if (failure && failure->fault() != Fault::lost)
        return Error(failure->fault(), "route " + one->route.options().name + " has failed");
    }
    const auto loses = [](const Totals& totals) {
      return totals.lost > 0 || totals.refused > 0 || totals.uncertain;
    };
    std::string names;
    for (const Totals& totals : past_)
      if (loses(totals)) names += (names.empty() ? "" : ", ") + totals.route;
    for (const auto& one : all_)
      if (loses(one->route.totals()))
        names += (names.empty() ? "" : ", ") + one->route.options().name;
    if (names.empty()) return {};
    return Error(Fault::lost, "messages were lost, perhaps: " + names);
  }

  Reactor& reactor_;
  Shutdown& shutdown_;
  RoutesOptions options_;
  Notifier changed_;
  asio::signal_set hangups_;
  std::vector<std::unique_ptr<One>> all_;
  std::vector<Totals> past_;  // of routes that are no more
  std::unique_ptr<RoutesPages> pages_;
  bool ending_ = false;
};

}  // namespace

asio::awaitable<Result<void>> run_routes(Reactor& reactor, Shutdown& shutdown,
                                         RoutesOptions options) {
  // On the heap: what is posted to the loop may refer to it until the loop has stopped.
  const auto routes = std::make_unique<Routes>(reactor, shutdown, std::move(options));
  Result<void> result = co_await routes->run();
  co_return result;
}

}  // namespace rt
