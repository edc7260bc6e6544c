#pragma once

#include <optional>

#include "base/clock.hpp"

namespace rt {

struct PollPace {
  Milliseconds interval{};  // from the start of one request to that of the next
  // While nothing changes the interval grows by halves up to this, and is the shortest again after
  // a change; when this is less than the interval, it stays.
  Milliseconds most{};
  Milliseconds jitter{};  // each pause is longer by a random part of this
};

// When a poller asks next. Short polling keeps the interval from start to start, without bursts
// after a slow answer; Cache-Control max-age and Retry-After of the server (RFC 9110, 9111) can
// only make it slower.
class PollSchedule {
 public:
  explicit PollSchedule(Milliseconds interval) : PollSchedule(PollPace{.interval = interval}) {}
  explicit PollSchedule(PollPace pace) : pace_(pace), interval_(pace.interval) {}

  // An answer has come, with something new in it or not.
  void note(bool news);
  Milliseconds interval() const { return interval_; }

  // A request began at `started` and was answered at `now`; `retry_after` is the server's wish,
  // `chance` in [0, 1) is the part of the jitter. Returns how long to wait from `now`, never
  // negative.
  Milliseconds after_answer(SteadyTime started, SteadyTime now,
                            std::optional<Milliseconds> retry_after, double chance = 0) const;

 private:
  PollPace pace_;
  Milliseconds interval_;
};

}  // namespace rt
