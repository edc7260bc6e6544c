#include "engine/backoff.hpp"

#include <algorithm>

namespace rt {
namespace {

constexpr Milliseconds kUnhurried = 500ms;

}  // namespace

Milliseconds Backoff::next(Random& random) {
  const std::int64_t most = std::max<std::int64_t>(limits_.most.count(), 1);
  std::int64_t delay = std::clamp<std::int64_t>(limits_.first.count(), 1, most);
  for (unsigned i = 0; i < step_ && delay < most; ++i) delay = delay > most / 2 ? most : delay * 2;
  if (delay < most) ++step_;
  std::int64_t low = delay / 2;
  std::int64_t high = delay;
  if (wished_) {
    // At most a day (reconnection_time), or `most` where that is less: nothing overflows.
    const std::int64_t wish = std::min<std::int64_t>(limits_.first.count(), most);
    low = std::max(low, wish);
    high = std::min(std::max(high, wish > most / 3 * 2 ? most : wish + wish / 2), most);
  }
  const double part = random.next_unit() * static_cast<double>(high - low + 1);
  return Milliseconds(std::min(high, low + static_cast<std::int64_t>(part)));
}

void Backoff::set_first(Milliseconds first) {
  const Milliseconds granted = std::max(least_, first);
  if (step_ == 0 && granted < kUnhurried) least_ = std::min(granted * 2, kUnhurried);
  limits_.first = std::min(granted, std::max(limits_.most, Milliseconds(1)));
  wished_ = true;
}

}  // namespace rt
