#pragma once

#include "base/clock.hpp"
#include "base/random.hpp"
#include "model/defaults.hpp"

namespace rt {

// How long to wait before the next attempt: exponential with full jitter over the upper half, but
// never less than the other side has wished for.
class Backoff {
 public:
  struct Limits {
    Milliseconds first = 500ms;
    Milliseconds most = defaults::kMostPause;
  };
  Backoff() = default;
  explicit Backoff(Limits limits) : limits_(limits) {}

  // The next delay: uniform in [d/2, d], d doubling from `first` to `most`. After a wish: from the
  // wish on, and the first delay up to half as much again.
  Milliseconds next(Random& random);
  // After a connection that stood: the next delay starts at `first` again.
  void reset() { step_ = 0; }
  // The server's own wish (SSE's retry: field): the new `first`, clamped to [100 ms, `most`]. Who
  // wishes for less than 500 ms and breaks off again and again is not hammered for it: each first
  // delay doubles, across resets, until it is that long.
  void set_first(Milliseconds first);

 private:
  Limits limits_;
  Milliseconds least_ = 100ms;  // of a wish that is granted
  bool wished_ = false;
  unsigned step_ = 0;
};

}  // namespace rt
