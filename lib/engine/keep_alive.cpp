#include "engine/keep_alive.hpp"

#include <algorithm>

namespace rt {

void KeepAlive::begin(Milliseconds interval, SteadyTime now) {
  *this = KeepAlive();
  interval_ = interval;
  last_sent_ = last_received_ = now;
}

Milliseconds KeepAlive::look_each() const {
  return std::clamp<Milliseconds>(interval_ / 8, 50ms, 5s);
}

KeepAlive::Due KeepAlive::due(SteadyTime now) {
  if (!on()) return Due::nothing;
  const Milliseconds soon = interval_ - interval_ / 8;
  const Milliseconds patience = std::max<Milliseconds>(interval_ / 2, 1s);
  if (pinged_ && reads_ && now - std::max(*pinged_, resumed_) >= patience) return Due::dead;
  const bool quiet = now - last_sent_ >= soon || (reads_ && now - last_received_ >= soon);
  const bool again = !pinged_ || (!reads_ && now - *pinged_ >= soon);
  if (!quiet || !again) return Due::nothing;
  pinged_ = now;
  return Due::ping;
}

}  // namespace rt
