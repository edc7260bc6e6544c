#include "base/histogram.hpp"

#include <algorithm>
#include <bit>

namespace rt {

// The first 64 lengths have a step each; above, the five bits behind the first one tell it.
std::size_t Histogram::step_of(std::uint64_t length) {
  const auto bits = static_cast<unsigned>(std::bit_width(length));
  if (bits <= kBits + 1) return static_cast<std::size_t>(length);
  const unsigned shift = bits - kBits - 1;
  return (static_cast<std::size_t>(shift) << kBits) + static_cast<std::size_t>(length >> shift);
}

// The longest length that belongs to it.
std::uint64_t Histogram::end_of(std::size_t step) {
  if (step < (std::size_t{2} << kBits)) return step;
  const std::size_t shift = (step >> kBits) - 1;
  const std::uint64_t first = (step & ((std::size_t{1} << kBits) - 1)) | (std::size_t{1} << kBits);
  return ((first + 1) << shift) - 1;
}

void Histogram::add(std::chrono::microseconds length) {
  constexpr std::uint64_t kMost = (std::uint64_t{1} << kMostBits) - 1;
  const std::uint64_t value =
      length.count() <= 0 ? 0 : std::min(static_cast<std::uint64_t>(length.count()), kMost);
  ++counts_[step_of(value)];
  ++count_;
  max_ = std::max(max_, std::chrono::microseconds(static_cast<std::int64_t>(value)));
}

std::chrono::microseconds Histogram::percentile(double part) const {
  // As many as have to lie at or below it, rounded up.
  const double wanted = std::clamp(part, 0.0, 1.0) * static_cast<double>(count_);
  auto rank = static_cast<std::uint64_t>(wanted);
  if (static_cast<double>(rank) < wanted || rank == 0) ++rank;
  std::uint64_t seen = 0;
  for (std::size_t step = 0; step < kSteps; ++step) {
    seen += counts_[step];
    if (seen < rank) continue;
    return std::min(max_, std::chrono::microseconds(static_cast<std::int64_t>(end_of(step))));
  }
  return max_;
}

}  // namespace rt
