#include "engine/link_timing.hpp"

#include <algorithm>

namespace rt {

std::size_t LinkTiming::most_at_once() const {
  constexpr std::size_t kPacket = 1448, kMost = 64u << 10;
  if (rate_ == 0) return kMost;
  return static_cast<std::size_t>(std::clamp<std::uint64_t>(rate_ / 8 / 1000, kPacket, kMost));
}

std::size_t LinkTiming::room() const {
  constexpr std::uint64_t kLeast = 64u << 10, kMost = 4u << 20;
  if (rate_ == 0) return kMost;
  const auto time = static_cast<std::uint64_t>((delay_ + jitter_).count());
  const std::uint64_t under_way = rate_ / 8 / 1000 * time / 1000;
  return static_cast<std::size_t>(std::clamp(2 * under_way, kLeast, kMost));
}

SteadyTime LinkTiming::arrival(SteadyTime now, std::size_t bytes, Random& random) {
  free_ = std::max(free_, now);
  if (rate_ != 0)
    free_ += std::chrono::nanoseconds(
        static_cast<std::int64_t>(static_cast<double>(bytes) * 8e9 / static_cast<double>(rate_)));
  std::chrono::nanoseconds delay = delay_;
  if (jitter_.count() > 0)
    delay += std::chrono::nanoseconds(static_cast<std::int64_t>(
        (2 * random.next_unit() - 1) * 1000 * static_cast<double>(jitter_.count())));
  last_ = std::max(last_, free_ + std::max(delay, std::chrono::nanoseconds(0)));
  return last_;
}

}  // namespace rt
