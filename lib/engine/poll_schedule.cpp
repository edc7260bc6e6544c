#include "engine/poll_schedule.hpp"

#include <algorithm>

namespace rt {

Milliseconds PollSchedule::after_answer(SteadyTime started, SteadyTime now,
                                        std::optional<Milliseconds> retry_after) const {
  // In milliseconds: a long interval in nanoseconds would overflow.
  const Milliseconds left = interval_ - std::chrono::floor<Milliseconds>(now - started);
  return std::max({Milliseconds(0), left, retry_after.value_or(Milliseconds(0))});
}

}  // namespace rt
