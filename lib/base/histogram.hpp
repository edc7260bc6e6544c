#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>

#include "base/clock.hpp"

namespace rt {

// Counts lengths of time in a fixed number of steps that grow with them: 9 KiB however many there
// are, and no percentile that is more than 1/32 above the exact one.
class Histogram {
 public:
  // Less than 0 counts as 0, and more than twelve days as that.
  void add(std::chrono::microseconds length);
  void add(SteadyTime from, SteadyTime to) {
    add(std::chrono::duration_cast<std::chrono::microseconds>(to - from));
  }

  std::uint64_t count() const { return count_; }
  std::chrono::microseconds max() const { return max_; }  // exact; 0 when there is none
  // That which `part` of all (0 to 1) do not exceed; never above max().
  std::chrono::microseconds percentile(double part) const;

 private:
  static constexpr unsigned kBits = 5;       // 32 steps for each power of two
  static constexpr unsigned kMostBits = 40;  // of a length
  static constexpr std::size_t kSteps = (kMostBits - kBits + 1) << kBits;

  static std::size_t step_of(std::uint64_t length);
  static std::uint64_t end_of(std::size_t step);

  std::array<std::uint64_t, kSteps> counts_{};
  std::uint64_t count_ = 0;
  std::chrono::microseconds max_{0};
};

}  // namespace rt
