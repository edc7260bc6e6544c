#include "app/compare/progress.hpp"

#include <doctest/doctest.h>

#include "example_report.hpp"

namespace rt {

TEST_CASE("how long a comparison still takes") {
  const struct {
    SteadyTime::duration spent;
    std::size_t done, all;
    std::chrono::seconds left;
  } rows[] = {
      {0s, 0, 18, 72s},    // by the guess
      {8s, 1, 18, 64s},    // as guessed
      {20s, 1, 18, 160s},  // slower than guessed
      {2s, 1, 18, 70s},    // never faster than what is measured takes
      {90s, 17, 18, 0s},  {100s, 17, 18, 0s},
  };
  for (const auto& row : rows) CHECK(time_left(row.spent, row.done, row.all, 4s) == row.left);
}

TEST_CASE("what is known while it is measured") {
  std::vector<WayFigures> ways = example_ways();
  CHECK(known_so_far(ways) == "99 % within poll-cursor 200 ms, sse 2.00 ms");
  ways[1].rounds[0].behind = true;
  ways[0].rounds.clear();
  CHECK(known_so_far(ways) == "99 % within sse 2.00 ms?");
  ways.clear();
  CHECK(known_so_far(ways).empty());
}

}  // namespace rt
