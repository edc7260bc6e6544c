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
  static constexpr std::uint8_t kFirstExponent = 11;
  static constexpr std::size_t kFirst = std::size_t{1} << kFirstExponent;
  static constexpr std::size_t kMost = 256u << 10;
  static constexpr std::size_t kLeast = std::size_t{1} << kLeastExponent;

  static constexpr std::uint8_t kNew = 1;
  static constexpr std::uint8_t kMostWeight = kNew + 3;

  std::size_t bytes() const { return std::size_t{1} << exponent_; }
  // 0: its turns keep to their share; above kNew the last ones took up to 4 times, 16 times, or
  // longer. Who weighs less comes first, so that a good peer whose turn was once too long, and one
  // that nobody knows yet, do not wait for all those whose turns always are.
  std::uint8_t weight() const { return weight_; }

  // The turn that begins is its first one: nobody knows what its bytes cost, so where many wait
  // they are few.
  void begin_first(Time share) {
    if (!known_) exponent_ = share < kLeastOfFew ? kLeastExponent : kFirstExponent;
  }

  // A turn has taken so long.
  void took(Time time, Time share) {
    known_ = true;
    const bool too_long = time > share;
    const Time light = std::max(share, kLight);
    const int weight = time <= light        ? 0
                       : time <= 4 * light  ? kNew + 1
                       : time <= 16 * light ? kNew + 2
                                            : kMostWeight;
    weight_ =
        static_cast<std::uint8_t>(weight > weight_ ? weight_ + 1 : std::max(weight, weight_ - 1));
    if (too_long)
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
  static constexpr Time kLeastOfFew = std::chrono::milliseconds(1);
  static constexpr Time kLight = std::chrono::microseconds(200);  // an honest request

  // There is one for each connection: three bytes.
  std::uint8_t exponent_ = kFirstExponent;
  std::uint8_t weight_ = kNew;
  bool known_ = false;
};

}  // namespace rt
