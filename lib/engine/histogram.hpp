#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/clock.hpp"

namespace rt {

// Counts lengths of time in steps that grow with them: no percentile is less than the exact one, or
// more than 1/1024 above it. 1 KiB while it is empty, and 8 KiB (the first: 16) for each power of
// two nanoseconds in which a length lies, however many there are: at most 344 KiB.
class Histogram {
 public:
  using Length = std::chrono::nanoseconds;

  // Less than 0 counts as 0, and more than thirteen days as that.
  void add(Length length) { add(length, 1); }
  void add(Length length, std::uint64_t times);
  void add(SteadyTime from, SteadyTime to) { add(to - from); }
  // As if all that was added to it had been added here as well.
  void merge(const Histogram& other);

  std::uint64_t count() const { return count_; }
  Length max() const { return max_; }  // exact; 0 when there is none
  Length mean() const;                 // of the exact lengths; 0 when there is none
  // That which `part` of all (0 to 1) do not exceed; never above max().
  Length percentile(double part) const;

  // The percentile distribution that HdrHistogram's tools read and plot (.hgrm), in milliseconds,
  // five lines for each halving of what lies above.
  std::string hgrm() const;

 private:
  static constexpr unsigned kBits = 10;      // 1024 steps for each power of two
  static constexpr unsigned kMostBits = 50;  // of a length
  static constexpr std::size_t kParts = kMostBits - kBits;

  std::uint64_t deviation() const;  // the standard one, in nanoseconds
  // Calls see(the longest length of a step, how many are in it) for each step in which there is
  // one, the shortest first, until it returns false.
  template <class See>
  void each_step(See&& see) const;

  // A part for each power of two, the first one for all below 2048; empty until there is a length.
  std::array<std::vector<std::uint64_t>, kParts> parts_;
  std::uint64_t count_ = 0;
  double sum_ = 0;
  Length max_{0};
};

}  // namespace rt
