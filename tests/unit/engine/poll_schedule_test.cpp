#include "engine/poll_schedule.hpp"

#include <doctest/doctest.h>

#include <optional>
#include <vector>

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

TEST_CASE("poll schedule: slower while nothing changes, quick after a change") {
  struct Row {
    PollPace pace;
    std::vector<bool> news;
    std::vector<Milliseconds> intervals;
  };
  const Row rows[] = {
      {{1000ms, 4000ms, {}},
       {false, false, false, false, false, true, false},
       {1500ms, 2250ms, 3375ms, 4000ms, 4000ms, 1000ms, 1500ms}},
      {{1ms, 3ms, {}}, {false, false, false}, {2ms, 3ms, 3ms}},
      {{1000ms, {}, {}}, {false, true}, {1000ms, 1000ms}},
      {{1000ms, 1000ms, {}}, {false, true}, {1000ms, 1000ms}},
  };
  for (const Row& row : rows) {
    PollSchedule schedule(row.pace);
    CHECK(schedule.interval() == row.pace.interval);
    std::vector<Milliseconds> intervals;
    for (const bool news : row.news) {
      schedule.note(news);
      intervals.push_back(schedule.interval());
    }
    CHECK(intervals == row.intervals);
  }
}

TEST_CASE("poll schedule: jitter only ever makes it longer") {
  struct Row {
    Milliseconds took;
    std::optional<Milliseconds> retry_after;
    double chance;
    Milliseconds wait;
  };
  const Row rows[] = {
      {0ms, std::nullopt, 0, 1000ms},   {0ms, std::nullopt, 0.5, 1100ms},
      {0ms, 3s, 0.5, 3100ms},           {0ms, 0ms, 0.5, 1100ms},
      {1100ms, std::nullopt, 0.5, 0ms}, {5s, std::nullopt, 0.999, 0ms},
  };
  for (const Row& row : rows) {
    CAPTURE(row.took.count());
    const SteadyTime start{1h};
    const PollSchedule schedule(PollPace{1000ms, {}, 200ms});
    CHECK(schedule.after_answer(start, start + row.took, row.retry_after, row.chance) == row.wait);
  }
}
