#include "app/compare/progress.hpp"

#include <algorithm>

#include "app/compare/figure_text.hpp"
#include "base/log.hpp"

namespace rt {

CompareProgress::CompareProgress(Reactor& reactor, std::size_t rounds, std::size_t ways,
                                 Milliseconds time, std::size_t steps)
    : timer_(reactor.executor()),
      rounds_(rounds),
      all_(rounds * ways * steps),
      time_(time),
      begin_(std::chrono::steady_clock::now()) {
  if (stderr_is_terminal() && Log::level() != LogLevel::quiet) line_.emplace();
}

void CompareProgress::begin(std::size_t round, std::size_t way,
                            const std::vector<WayFigures>& ways) {
  if (!line_) return;
  doing_ = std::string(name_of(ways[way].way)) + ", round " + std::to_string(round + 1) + " of " +
           std::to_string(rounds_);
  if (!step_.empty()) doing_ = step_ + ": " + doing_;
  known_ = known_so_far(ways);
  show();
  wait();
}

void CompareProgress::end() {
  ++done_;
  timer_.cancel();
}

void CompareProgress::show() {
  const auto left =
      time_left(std::chrono::steady_clock::now() - begin_, done_, all_, time_ + Milliseconds(1000));
  line_->show(doing_ + "; " + std::to_string(left.count()) + " s left" +
              (known_.empty() ? "" : "; " + known_));
}

void CompareProgress::wait() {
  timer_.expires_after(std::chrono::seconds(1));
  timer_.async_wait([this](const asio::error_code& stopped) {
    if (stopped) return;
    show();
    wait();
  });
}

std::chrono::seconds time_left(SteadyTime::duration spent, std::size_t done, std::size_t all,
                               Milliseconds guess) {
  // What is under way counts as if it took as long as the others.
  const SteadyTime::duration each =
      done == 0 ? SteadyTime::duration(guess) : spent / static_cast<SteadyTime::rep>(done + 1);
  const SteadyTime::duration whole =
      std::max(each, SteadyTime::duration(guess)) * static_cast<SteadyTime::rep>(all);
  return std::chrono::ceil<std::chrono::seconds>(
      std::max(SteadyTime::duration::zero(), whole - spent));
}

std::string known_so_far(const std::vector<WayFigures>& ways) {
  std::string out;
  for (const WayFigures& way : ways) {
    const auto spread = way.spread(Figure::p99);
    if (!spread) continue;
    out += (out.empty() ? "99 % within " : ", ") + std::string(name_of(way.way)) + " " +
           figure_words(spread->median, Unit::milliseconds);
    if (way.behind()) out += "?";
  }
  return out;
}

}  // namespace rt
