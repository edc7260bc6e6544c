#pragma once

#include <optional>

#include "base/clock.hpp"

namespace rt {

// When a poller asks next. Short polling keeps the interval from start to start, without bursts
// after a slow answer; Cache-Control max-age and Retry-After of the server (RFC 9110, 9111) can
// only make it slower.
class PollSchedule {
 public:
  explicit PollSchedule(Milliseconds interval) : interval_(interval) {}

  // A request began at `started` and was answered at `now`; `retry_after` is the server's wish.
  // Returns how long to wait from `now`, never negative.
  Milliseconds after_answer(SteadyTime started, SteadyTime now,
                            std::optional<Milliseconds> retry_after) const;

 private:
  Milliseconds interval_;
};

}  // namespace rt
