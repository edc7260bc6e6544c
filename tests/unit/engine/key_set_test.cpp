#include "engine/key_set.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <set>

using namespace rt;

TEST_CASE("an empty set") {
  KeySet keys;
  CHECK(keys.size() == 0);
  CHECK(!keys.has(1));
  keys.clear();
  CHECK(!keys.has(1));
}

TEST_CASE("what is in it, while it grows and after it was cleared, beside the library's set") {
  // Steps of 64 meet in the same places of a small table, the last number wraps round its end.
  for (const std::uint64_t step :
       {std::uint64_t{1}, std::uint64_t{64}, std::uint64_t{0x9E3779B97F4A7C15}}) {
    CAPTURE(step);
    KeySet keys;
    for (int round = 0; round < 2; ++round) {
      std::set<std::uint64_t> known;
      for (std::uint64_t i = 1; i <= 1000; ++i) {
        const std::uint64_t key = 0 - i * step;
        if (key == 0) continue;
        REQUIRE(keys.has(key) == (known.count(key) != 0));
        REQUIRE(keys.insert(key) == known.insert(key).second);
        REQUIRE(keys.has(key));
        REQUIRE(!keys.insert(key));
        REQUIRE(keys.size() == known.size());
      }
      for (const std::uint64_t key : known) REQUIRE(keys.has(key));
      keys.clear();
      REQUIRE(keys.size() == 0);
      for (const std::uint64_t key : known) REQUIRE(!keys.has(key));
    }
  }
}
