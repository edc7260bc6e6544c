#include "engine/retention.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace rt;

namespace {

constexpr std::size_t kMemory = 4u << 20;
const NameHash kHash(1, 2);

}  // namespace

TEST_CASE("what a broker is given to retain stays a part of its memory") {
  Retention retention(kMemory, kHash);
  const std::string topic = "a";
  SUBCASE("many small ones come to a half") {
    std::size_t taken = 0;
    while (retention.take(std::to_string(taken), 100)) ++taken;
    CHECK(taken > 1000);
    CHECK(retention.bytes() <= kMemory / 2);
    CHECK(retention.refused() == 1);
    CHECK_MESSAGE(retention.take("0", 100), "one that takes the place of another");
    CHECK_FALSE(retention.take("another", 100));
    REQUIRE_MESSAGE(retention.take("0", 0), "an empty one ends what is retained");
    CHECK(retention.take("another", 100));
  }
  SUBCASE("a long one leaves room for the next one to pass") {
    CHECK(retention.take("a", 1'000'000));
    CHECK_FALSE(retention.take("b", 1'000'000));
    CHECK_FALSE(retention.take("c", kMemory / 3));
    CHECK(retention.take("d", 1000));
  }
  SUBCASE("the same topic again and again costs once") {
    for (int i = 0; i < 1000; ++i) REQUIRE(retention.take("a", 500'000));
    CHECK(retention.bytes() < 510'000);
    CHECK(retention.take("a", 10));
    CHECK(retention.bytes() < 2000);
  }
  SUBCASE("a broker that begins has nothing") {
    CHECK(retention.take("a", 1'000'000));
    retention.begin(SteadyTime());
    CHECK(retention.bytes() == 0);
    CHECK(retention.take("b", 1'000'000));
  }
}

TEST_CASE("without a bound everything is retained") {
  Retention retention(0, kHash);
  for (int i = 0; i < 100; ++i) CHECK(retention.take(std::to_string(i), 100u << 20));
  CHECK(retention.refused() == 0);
}

TEST_CASE("a broker that was full retains nothing for a while, which grows") {
  Retention retention(kMemory, kHash);
  SteadyTime now{};
  struct Case {
    Milliseconds after;  // the last time
    Milliseconds closed;
  };
  const Case cases[] = {{0ms, 10s},   {11s, 20s},   {1s, 40s},     {40s, 80s},   {80s, 160s},
                        {160s, 320s}, {320s, 600s}, {3599s, 600s}, {3600s, 10s}, {1s, 20s}};
  for (const Case& c : cases) {
    CAPTURE(c.after.count());
    now += c.after;
    CHECK(retention.note_full(now) == c.closed);
    REQUIRE(retention.closed_until() == now + c.closed);
    retention.begin(now);
    CHECK_FALSE(retention.take("a", 1));
    retention.begin(now + c.closed - 1ms);
    CHECK_FALSE(retention.take("a", 1));
  }
  now = *retention.closed_until();
  CHECK_MESSAGE(!retention.take("a", 1), "the one that runs was told not to");
  retention.begin(now);
  CHECK_FALSE(retention.closed_until());
  CHECK(retention.take("a", 1));
}
