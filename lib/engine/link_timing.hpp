#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

#include "base/clock.hpp"
#include "base/random.hpp"

namespace rt {

// When bytes that are sent over a link come out of it: they wait for the ones before them, take
// their time on it by its rate (a token bucket that stores nothing), and are then on their way for
// the delay, a little more or less. In order, whatever the jitter. Without a clock.
class LinkTiming {
 public:
  // There and not back: the delay is at most `jitter` more or less. Rate: bits a second, 0 for no
  // limit.
  LinkTiming(std::chrono::microseconds delay, std::chrono::microseconds jitter, std::uint64_t rate)
      : delay_(delay), jitter_(jitter), rate_(rate) {}

  // How many bytes may be taken at once, so that the first of them do not wait long for the last:
  // a packet, or a millisecond's worth.
  std::size_t most_at_once() const;
  // Those that are under way when all is used that the link has: twice what its rate and delay
  // make, from 64 KiB to 4 MiB.
  std::size_t room() const;

  // The next ones, sent now.
  SteadyTime arrival(SteadyTime now, std::size_t bytes, Random& random);
  SteadyTime last_arrival() const { return last_; }

 private:
  std::chrono::microseconds delay_;
  std::chrono::microseconds jitter_;
  std::uint64_t rate_;
  SteadyTime free_{};  // when the last bit of those before is on the link
  SteadyTime last_{};  // that arrival
};

}  // namespace rt
