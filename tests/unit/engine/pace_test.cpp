#include "engine/pace.hpp"

#include <doctest/doctest.h>

namespace rt {

TEST_CASE("no faster than the rate, however it is asked") {
  const struct {
    Rate rate;
    Milliseconds each;  // that somebody asks
    Milliseconds total;
    std::size_t most;
  } rows[] = {
      {{10, 1s}, 1ms, 10s, 101},   {{10, 1s}, 250ms, 10s, 101},   {{1, 500ms}, 10ms, 5s, 11},
      {{1000, 1s}, 1ms, 1s, 1011}, {{600, 60s}, 100ms, 60s, 601},
  };
  for (const auto& row : rows) {
    Pace pace(row.rate);
    const SteadyTime start = SteadyTime() + 1h;
    std::size_t taken = 0;
    for (SteadyTime now = start; now < start + row.total; now += row.each)
      taken += pace.take(1'000'000, now);
    CHECK(taken <= row.most);
    if (row.each <= row.rate.period / static_cast<int>(row.rate.number))
      CHECK(taken + 2 >= row.most - 1);
  }
}

TEST_CASE("what is not used is not made up for") {
  Pace pace({10, 1s});
  const SteadyTime start = SteadyTime() + 1h;
  CHECK(pace.take(5, start) == 1);
  CHECK(pace.take(5, start + 50ms) == 0);
  CHECK(pace.next() == start + 100ms);
  CHECK(pace.take(5, start + 1h) == 1);
}

}  // namespace rt
