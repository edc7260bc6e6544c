#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>

#include "base/clock.hpp"

namespace rt {

// So many in so long, at most: both more than 0.
struct Rate {
  std::uint64_t number = 1;
  Milliseconds period = 1s;
};

// Spreads what is sent evenly, so that no stretch of time has more than the rate allows but for
// one.
class Pace {
 public:
  explicit Pace(Rate rate)
      : each_(std::max<std::chrono::nanoseconds>(
            std::chrono::nanoseconds(rate.period) / static_cast<std::int64_t>(rate.number),
            std::chrono::nanoseconds(1))) {}

  // How many of `wanted` may go now; they count as sent. Who comes late has what a hundredth of a
  // second would have given, and no more: the rest is not made up for.
  std::size_t take(std::size_t wanted, SteadyTime now) {
    if (now < next_) return 0;
    next_ = std::max(next_, each_ < kCatchUp ? now - kCatchUp : now);
    const auto due = static_cast<std::size_t>((now - next_) / each_) + 1;
    const std::size_t taken = std::min(wanted, due);
    next_ += each_ * static_cast<std::int64_t>(taken);
    return taken;
  }
  // When the next may go.
  SteadyTime next() const { return next_; }

 private:
  static constexpr Milliseconds kCatchUp = 10ms;

  std::chrono::nanoseconds each_;
  SteadyTime next_{};
};

}  // namespace rt
