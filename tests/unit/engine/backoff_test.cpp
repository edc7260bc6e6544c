#include "engine/backoff.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <vector>

using namespace rt;

TEST_CASE("backoff: each delay is within the upper half of a doubling bound") {
  struct Row {
    Milliseconds first;
    Milliseconds most;
    std::vector<std::int64_t> bounds;
  };
  const Row rows[] = {
      {500ms, 30s, {500, 1000, 2000, 4000, 8000, 16000, 30000, 30000, 30000}},
      {1ms, 5ms, {1, 2, 4, 5, 5}},
      {10s, 1s, {1000, 1000}},
      {0ms, 4ms, {1, 2, 4, 4}},
      {0ms, 0ms, {1, 1}},
      {Milliseconds::max(), Milliseconds::max(), {INT64_MAX, INT64_MAX}},
  };
  for (const Row& row : rows) {
    for (std::uint64_t seed = 0; seed < 50; ++seed) {
      Random random(seed);
      Backoff backoff({row.first, row.most});
      for (int round = 0; round < 2; ++round) {
        for (const std::int64_t bound : row.bounds) {
          const std::int64_t delay = backoff.next(random).count();
          CAPTURE(bound);
          CHECK(delay >= bound / 2);
          CHECK(delay <= bound);
        }
        backoff.reset();
      }
    }
  }
}

TEST_CASE("backoff: the delays use the whole upper half") {
  Random random(7);
  std::int64_t least = INT64_MAX;
  std::int64_t most = 0;
  for (int i = 0; i < 5000; ++i) {
    Backoff backoff({100ms, 30s});
    const std::int64_t delay = backoff.next(random).count();
    least = std::min(least, delay);
    most = std::max(most, delay);
  }
  CHECK(least == 50);
  CHECK(most == 100);
}

TEST_CASE("backoff: many steps stay at the bound, also across a reset") {
  Random random(1);
  Backoff backoff;
  for (int i = 0; i < 100'000; ++i) CHECK(backoff.next(random) <= 30s);
  CHECK(backoff.next(random) >= 15s);
  backoff.reset();
  CHECK(backoff.next(random) <= 500ms);
}

TEST_CASE("backoff: the server's wish is the new first delay, clamped") {
  struct Row {
    Milliseconds wish;
    std::int64_t least;
    std::int64_t most;
  };
  const Row rows[] = {
      {-5ms, 100, 150},      {0ms, 100, 150},       {99ms, 100, 150},
      {200ms, 200, 300},     {2000ms, 2000, 3000},  {25s, 25'000, 30'000},
      {30s, 30'000, 30'000}, {31s, 30'000, 30'000}, {Milliseconds::max(), 30'000, 30'000},
  };
  for (const Row& row : rows) {
    CAPTURE(row.wish.count());
    for (std::uint64_t seed = 0; seed < 50; ++seed) {
      Random random(seed);
      Backoff backoff;
      backoff.set_first(row.wish);
      const std::int64_t delay = backoff.next(random).count();
      CHECK(delay >= row.least);
      CHECK(delay <= row.most);
      // It grows, and is never shorter than the wish.
      for (int i = 0; i < 8; ++i) CHECK(backoff.next(random).count() >= row.least);
    }
  }
}

TEST_CASE("backoff: a server that wishes for no pause gets a longer one each time it breaks off") {
  Random random(3);
  Backoff backoff;
  for (const std::int64_t bound : {100, 200, 400, 500, 500}) {
    CAPTURE(bound);
    backoff.set_first(0ms);
    const std::int64_t delay = backoff.next(random).count();
    CHECK(delay >= bound);
    CHECK(delay <= bound + bound / 2);
    backoff.reset();
  }
}

TEST_CASE("backoff: a wish is no longer than the longest pause") {
  Random random(3);
  Backoff backoff({5ms, 20ms});
  for (int i = 0; i < 10; ++i) {
    backoff.set_first(0ms);
    CHECK(backoff.next(random) <= 20ms);
    backoff.reset();
  }
}
