#include "engine/link_timing.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <vector>

namespace rt {
namespace {

const SteadyTime kStart = SteadyTime() + 1h;

TEST_CASE("a link's delay, whatever is sent") {
  Random random(1);
  LinkTiming link(40ms, 0ms, 0);
  CHECK(link.arrival(kStart, 1, random) == kStart + 40ms);
  CHECK(link.arrival(kStart, 1'000'000, random) == kStart + 40ms);
  CHECK(link.arrival(kStart + 1s, 10, random) == kStart + 1040ms);
}

TEST_CASE(
    "a link's rate: bytes wait for those before them, and no time that was unused is made up") {
  Random random(1);
  LinkTiming link(10ms, 0ms, 8'000);  // a byte a millisecond
  CHECK(link.arrival(kStart, 100, random) == kStart + 110ms);
  CHECK(link.arrival(kStart, 50, random) == kStart + 160ms);
  CHECK(link.arrival(kStart + 100ms, 50, random) == kStart + 210ms);
  CHECK(link.arrival(kStart + 10s, 100, random) == kStart + 10'110ms);
}

TEST_CASE("a link's rate over a long time") {
  for (const std::uint64_t rate : {1'000ull, 2'000'000ull, 1'000'000'000ull}) {
    CAPTURE(rate);
    Random random(1);
    LinkTiming link(0ms, 0ms, rate);
    SteadyTime last = kStart;
    std::uint64_t sent = 0;
    while (last < kStart + 10s) {
      last = link.arrival(kStart, link.most_at_once(), random);
      sent += link.most_at_once();
    }
    const double seconds = std::chrono::duration<double>(last - kStart).count();
    CHECK(static_cast<double>(sent) * 8 / seconds ==
          doctest::Approx(static_cast<double>(rate)).epsilon(0.001));
  }
}

TEST_CASE("a link's jitter is around the delay, and nothing overtakes") {
  Random random(7);
  LinkTiming link(50ms, 20ms, 0);
  std::vector<double> delays;
  for (int i = 0; i < 10'000; ++i) {
    const SteadyTime now = kStart + i * 1s;
    delays.push_back(
        std::chrono::duration<double, std::milli>(link.arrival(now, 100, random) - now).count());
  }
  std::sort(delays.begin(), delays.end());
  CHECK(delays.front() >= 30);
  CHECK(delays.front() < 30.1);
  CHECK(delays.back() <= 70);
  CHECK(delays.back() > 69.9);
  CHECK(delays[5'000] == doctest::Approx(50).epsilon(0.02));

  SteadyTime last{};
  const SteadyTime dense = kStart + 20'000s;
  for (int i = 0; i < 1'000; ++i) {
    const SteadyTime arrival = link.arrival(dense + i * 1ms, 100, random);
    CHECK(arrival >= last);
    last = arrival;
  }
  // More jitter than delay: never before it was sent.
  LinkTiming short_one(1ms, 5ms, 0);
  for (int i = 0; i < 1'000; ++i)
    CHECK(short_one.arrival(kStart + i * 1s, 1, random) >= kStart + i * 1s);
}

TEST_CASE("what a link takes at once, and what is under way at most") {
  const struct {
    std::uint64_t rate;
    std::chrono::microseconds delay;
    std::size_t at_once, room;
  } rows[] = {
      {0, 0ms, 64u << 10, 4u << 20},        {1'000, 1s, 1448, 64u << 10},
      {20'000'000, 300ms, 2500, 1'500'000}, {1'000'000'000, 300ms, 64u << 10, 4u << 20},
      {100'000'000, 3ms, 12'500, 75'000},
  };
  for (const auto& row : rows) {
    CAPTURE(row.rate);
    const LinkTiming link(row.delay, 0ms, row.rate);
    CHECK(link.most_at_once() == row.at_once);
    CHECK(link.room() == row.room);
  }
}

}  // namespace
}  // namespace rt
