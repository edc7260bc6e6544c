#include "engine/poll_schedule.hpp"

#include <doctest/doctest.h>

using namespace rt;

TEST_CASE("poll schedule: from start to start, never sooner than the server wishes") {
  struct Row {
    Milliseconds interval;
    std::chrono::microseconds took;
    std::optional<Milliseconds> retry_after;
    Milliseconds wait;
  };
  const Row rows[] = {
      {1000ms, 0us, std::nullopt, 1000ms},
      {1000ms, 300ms, std::nullopt, 700ms},
      {1000ms, 1000ms, std::nullopt, 0ms},
      {1000ms, 999'001us, std::nullopt, 1ms},  // never early by a part of a millisecond
      {1000ms, 5s, std::nullopt, 0ms},         // no burst after a slow answer
      {1000ms, 300ms, 5s, 5000ms},
      {1000ms, 300ms, 100ms, 700ms},  // only ever slower
      {1000ms, 300ms, 0ms, 700ms},
      {1000ms, 300ms, -5s, 700ms},
      {1000ms, 5s, 2s, 2000ms},
      {0ms, 0us, std::nullopt, 0ms},
      {Milliseconds(100'000'000'000'000), 1ms, std::nullopt, Milliseconds(99'999'999'999'999)},
  };
  for (const Row& row : rows) {
    CAPTURE(row.interval.count());
    CAPTURE(row.took.count());
    const SteadyTime start{1h};
    CHECK(PollSchedule(row.interval).after_answer(start, start + row.took, row.retry_after) ==
          row.wait);
  }
}
