#include "base/edit_distance.hpp"

#include <doctest/doctest.h>

using namespace rt;

TEST_CASE("edit_distance") {
  const struct {
    std::string_view a;
    std::string_view b;
    std::size_t distance;
  } rows[] = {
      {"", "", 0},
      {"", "abc", 3},
      {"abc", "", 3},
      {"abc", "abc", 0},
      {"abc", "ab", 1},
      {"abc", "abxc", 1},
      {"abc", "axc", 1},
      {"abc", "acb", 1},
      {"abc", "xyz", 3},
      {"rnadom", "random", 1},
      {"tmep", "temp", 1},
      {"abcd", "badc", 2},
      {"kitten", "sitting", 3},
  };
  for (const auto& row : rows) {
    CAPTURE(row.a);
    CAPTURE(row.b);
    CHECK(edit_distance(row.a, row.b) == row.distance);
    CHECK(edit_distance(row.b, row.a) == row.distance);
  }
}
