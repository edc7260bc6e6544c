#include "app/run_report.hpp"

#include <asio/steady_timer.hpp>
#include <asio/use_awaitable.hpp>
#include <utility>

#include "base/log.hpp"

namespace rt {
namespace {

constexpr Milliseconds kOnTerminal = 500ms;  // between two lines
constexpr Milliseconds kElsewhere = 1s;
constexpr Milliseconds kLong = 1s;  // of a run that is worth a line unasked
constexpr Milliseconds kOfLate = 3s;
constexpr Milliseconds kForTimeLeft = 30s;
constexpr int kSignalled = 128;  // what a shell adds to the number of a signal

}  // namespace

RunReport::RunReport(ReportOptions options)
    : options_(std::move(options)),
      start_(wall_now()),
      begin_(std::chrono::steady_clock::now()),
      input_(kForTimeLeft) {}

asio::awaitable<void> RunReport::show(Reactor& reactor, const std::function<RunFigures()>& look) {
  asio::steady_timer timer(reactor.context());
  if (options_.progress == ShowProgress::no) {
    timer.expires_at(SteadyTime::max());
    co_await timer.async_wait(asio::use_awaitable);
  }
  line_.emplace();
  const Milliseconds period = line_->on_terminal() ? kOnTerminal : kElsewhere;
  (void)progress_of(look(), std::chrono::steady_clock::now());
  for (;;) {
    timer.expires_after(period);
    co_await timer.async_wait(asio::use_awaitable);
    const Progress progress = progress_of(look(), std::chrono::steady_clock::now());
    if (options_.progress == ShowProgress::when_long && elapsed() < kLong) continue;
    line_->show(progress_text(progress, line_->columns()));
    shown_ = true;
  }
}

Progress RunReport::progress_of(const RunFigures& figures, SteadyTime now) {
  Progress out;
  out.ways = figures.ways;
  out.elapsed = elapsed();
  out.lag = figures.lag;
  out.reconnects = figures.reconnects;
  while (speeds_.size() < out.ways.size()) speeds_.emplace_back(kOfLate);
  for (std::size_t i = 0; i < out.ways.size(); ++i) {
    speeds_[i].add(now, out.ways[i].messages);
    out.ways[i].rate = speeds_[i].per_second();
  }
  if (figures.size) {
    input_.add(now, figures.done);
    out.percent = percent_of(figures.done, *figures.size);
    out.left = time_left(figures.done, *figures.size, input_.per_second());
  }
  return out;
}

void RunReport::finish_line(const RunFigures& figures) {
  if (!line_) return;
  const bool wanted = shown_ || options_.progress == ShowProgress::yes;
  Progress progress;
  progress.ways = figures.ways;
  progress.elapsed = elapsed();
  const double seconds = std::chrono::duration<double>(progress.elapsed).count();
  for (Progress::Way& way : progress.ways)
    way.rate = seconds > 0 ? static_cast<double>(way.messages) / seconds : 0;
  progress.lag = figures.lag;
  progress.reconnects = figures.reconnects;
  if (figures.size) progress.percent = percent_of(figures.done, *figures.size);
  if (wanted) line_->finish(progress_text(progress, line_->columns()));
  line_.reset();
}

Result<void> RunReport::close(Result<void> result, int signal, const RunFigures& figures,
                              Totals totals) {
  finish_line(figures);
  if (!options_.totals()) return result;
  totals.program = options_.program;
  totals.verb = options_.verb;
  totals.endpoint = options_.endpoint;
  totals.start = start_;
  totals.end = wall_now();
  totals.duration = std::chrono::duration_cast<std::chrono::microseconds>(
      std::chrono::steady_clock::now() - begin_);
  if (!result) {
    totals.exit_code = exit_code(result.error().fault());
    totals.error = result.error().text();
  } else if (signal != 0) {
    totals.signal = signal;
    totals.exit_code = options_.signal_is_success ? 0 : kSignalled + signal;
  }
  if (options_.stats) Log::ready(totals_text(totals));
  if (!options_.json) return result;
  const Result<void> written = options_.json->write(totals_json(totals));
  if (written) return result;
  const Error error = written.error().within("--stats-json");
  if (result) return error;
  Log::warn(error.text());
  return result;
}

}  // namespace rt
