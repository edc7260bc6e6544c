#include "base/random.hpp"

#include <doctest/doctest.h>

#include <array>
#include <set>
#include <string>

using namespace rt;

TEST_CASE("random: SplitMix64") {
  struct Row {
    std::uint64_t seed;
    std::array<std::uint64_t, 3> values;
  };
  const Row rows[] = {
      {0, {0xE220A8397B1DCDAF, 0x6E789E6AA1B965F4, 0x06C45D188009454F}},
      {1234567, {6457827717110365317u, 3203168211198807973u, 9817491932198370423u}},
  };
  for (const Row& row : rows) {
    Random random(row.seed);
    for (const std::uint64_t value : row.values) CHECK(random.next() == value);
  }
}

TEST_CASE("random: the unit interval is half open and even") {
  Random random(42);
  std::array<int, 10> tenths{};
  for (int i = 0; i < 100'000; ++i) {
    const double value = random.next_unit();
    REQUIRE(value >= 0);
    REQUIRE(value < 1);
    ++tenths[static_cast<std::size_t>(value * 10)];
  }
  for (const int count : tenths) {
    CHECK(count > 9'500);
    CHECK(count < 10'500);
  }
}

TEST_CASE("random: a name is as long as was asked for, and nobody else's") {
  Random random(7);
  for (const std::size_t characters : {1u, 12u, 13u, 25u}) {
    const std::string name = random.next_name("rtwire-", characters);
    CAPTURE(name);
    CHECK(name.size() == 7 + characters);
    CHECK(name.starts_with("rtwire-"));
    CHECK(name.find_first_not_of("0123456789abcdefghijklmnopqrstuv", 7) == std::string::npos);
  }
  CHECK(random.next_name("x", 0) == "x");
  std::set<std::string> names;
  std::set<char> last;
  for (int i = 0; i < 1000; ++i) {
    names.insert(random.next_name("r", 12));
    last.insert(*names.rbegin()->rbegin());
    last.insert(random.next_name("", 13).back());
  }
  CHECK(names.size() == 1000);
  CHECK(last.size() == 32);
}

TEST_CASE("random: the system's seeds differ") {
  CHECK(Random::from_system().next() != Random::from_system().next());
}
