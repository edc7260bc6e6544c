#pragma once

#include <chrono>
#include <cstdint>
#include <utility>

#include "base/clock.hpp"

namespace rt {

// Tells when messages come so densely that a pause before the next wake is worth it: where the
// other side sends each message by itself, a fast reader would be woken for each, and that costs
// both more than the messages do.
class DenseWakes {
 public:
  static constexpr auto kPause = std::chrono::microseconds(200);

  // Messages come densely when there is less than this from one to the next.
  explicit DenseWakes(std::chrono::microseconds dense = std::chrono::microseconds(40))
      : dense_(dense) {}

  // A wake has ended at `now`, by which `delivered` messages have come in all. `wanted`: somebody
  // waits for more than messages, so that there is no pause. True: there should be one.
  bool note(SteadyTime now, std::uint64_t delivered, bool wanted) {
    const auto elapsed = now - std::exchange(last_, now);
    const std::uint64_t before = std::exchange(delivered_, delivered);
    const bool dense = elapsed < dense_ * static_cast<std::int64_t>(delivered - before);
    in_a_row_ = dense && !wanted ? in_a_row_ + 1 : 0;
    return in_a_row_ >= kMany;
  }

 private:
  static constexpr int kMany = 16;

  std::chrono::microseconds dense_;
  SteadyTime last_{};
  std::uint64_t delivered_ = 0;  // until then
  int in_a_row_ = 0;
};

}  // namespace rt
