#pragma once

#include <asio/steady_timer.hpp>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "app/compare/figures.hpp"
#include "base/clock.hpp"
#include "io/loop/reactor.hpp"
#include "io/stdio/live_line.hpp"

namespace rt {

// One line on a terminal, written again each second: what is being measured, how long all of it
// still takes, and what is known so far. Where stderr is no terminal, or --quiet was given,
// nothing.
class CompareProgress {
 public:
  // `steps`: of what is swept; each has all rounds of all ways.
  CompareProgress(Reactor& reactor, std::size_t rounds, std::size_t ways, Milliseconds time,
                  std::size_t steps = 1);

  // What is measured from now on: "rate 10"; empty where nothing is swept.
  void step(std::string text) { step_ = std::move(text); }
  // ways[way] is measured in that round. It looks at them until end().
  void begin(std::size_t round, std::size_t way, const std::vector<WayFigures>& ways);
  void end();

 private:
  void show();
  void wait();

  asio::steady_timer timer_;
  std::optional<LiveLine> line_;
  std::size_t rounds_;
  std::size_t all_;  // rounds of ways
  std::size_t done_ = 0;
  Milliseconds time_;
  SteadyTime begin_;  // of all
  std::string step_;
  std::string doing_;
  std::string known_;
};

// How long so many rounds still take, of which each took so long until now.
std::chrono::seconds time_left(SteadyTime::duration spent, std::size_t done, std::size_t all,
                               Milliseconds guess);
// "99 % within: sse 2.10 ms, ws 1.80 ms"; empty: nothing is known.
std::string known_so_far(const std::vector<WayFigures>& ways);

}  // namespace rt
