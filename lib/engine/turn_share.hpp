#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>

#include "base/clock.hpp"

namespace rt {

// How much of what a peer sends is taken in one turn of the loop. What a byte costs is known only
// afterwards, and differs a thousandfold: so a peer begins with few, has twice as many where they
// were cheap, and fewer where they took more than its share of the time. Without a clock.
class TurnShare {
 public:
  using Time = SteadyTime::duration;

  static constexpr std::uint8_t kLeastExponent = 8;
  static constexpr std::size_t kFirst = 2u << 10;
  static constexpr std::size_t kMost = 256u << 10;
  static constexpr std::size_t kLeast = std::size_t{1} << kLeastExponent;

  std::size_t bytes() const { return std::size_t{1} << exponent_; }
  // The last turn took longer than its share.
  bool heavy() const { return heavy_; }

  // A turn has taken so long.
  void took(Time time, Time share) {
    heavy_ = time > share;
    if (heavy_)
      exponent_ = std::max<std::uint8_t>(
          kLeastExponent, static_cast<std::uint8_t>(exponent_ - (time > 4 * share ? 2 : 1)));
    else if (bytes() < kMost && time < share / 2)
      ++exponent_;
  }

  // Of each of so many that are ready at once.
  static Time of(std::size_t ready) {
    constexpr Time kAll = std::chrono::milliseconds(20);
    constexpr Time kMostTime = std::chrono::milliseconds(5);
    constexpr Time kLeastTime = std::chrono::microseconds(50);
    return std::clamp(kAll / static_cast<Time::rep>(std::max<std::size_t>(1, ready)), kLeastTime,
                      kMostTime);
  }

 private:
  // There is one for each connection: two bytes.
  std::uint8_t exponent_ = 11;
  bool heavy_ = false;
};

}  // namespace rt
