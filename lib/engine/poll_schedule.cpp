#include "engine/poll_schedule.hpp"

#include <algorithm>

namespace rt {

void PollSchedule::note(bool news) {
  if (pace_.most <= pace_.interval) return;
  const Milliseconds grown = interval_ + std::max(interval_ / 2, Milliseconds(1));
  interval_ = news ? pace_.interval : std::min(pace_.most, grown);
}

Milliseconds PollSchedule::after_answer(SteadyTime started, SteadyTime now,
                                        std::optional<Milliseconds> retry_after,
                                        double chance) const {
  const Milliseconds jitter(
      static_cast<Milliseconds::rep>(chance * static_cast<double>(pace_.jitter.count())));
  // In milliseconds: a long interval in nanoseconds would overflow.
  const Milliseconds left = interval_ - std::chrono::floor<Milliseconds>(now - started);
  const Milliseconds wish = retry_after.value_or(Milliseconds(0));
  return std::max({Milliseconds(0), left + jitter, wish > Milliseconds(0) ? wish + jitter : wish});
}

}  // namespace rt
