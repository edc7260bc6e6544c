#include "app/progress.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <limits>

namespace rt {
namespace {

TEST_CASE("short numbers") {
  struct Case {
    double number;
    const char* text;
  };
  const Case cases[] = {
      {0, "0"},         {-3, "0"},         {0.04, "0"},       {0.44, "0.4"},
      {3, "3"},         {3.25, "3.3"},     {9.94, "9.9"},     {9.96, "10"},
      {812, "812"},     {9999, "9999"},    {9999.6, "10.0k"}, {12'345, "12.3k"},
      {99'960, "100k"}, {812'345, "812k"}, {999'600, "1.0M"}, {1'220'000, "1.2M"},
      {3.5e9, "3.5G"},  {7e12, "7.0T"},    {7e15, "7000T"},
  };
  for (const Case& c : cases) CHECK(short_number(c.number) == c.text);
  CHECK(short_number(std::numeric_limits<double>::quiet_NaN()) == "0");
  CHECK(short_number(std::numeric_limits<double>::infinity()).ends_with("T"));
}

TEST_CASE("short bytes") {
  struct Case {
    double bytes;
    const char* text;
  };
  const Case cases[] = {
      {0, "0 B"},
      {1, "1 B"},
      {1023, "1023 B"},
      {1024, "1.0 KiB"},
      {1536, "1.5 KiB"},
      {102'348, "99.9 KiB"},
      {102'400, "100 KiB"},
      {1'048'575, "1.0 MiB"},
      {25'690'112, "24.5 MiB"},
      {3.0 * (1u << 30), "3.0 GiB"},
      {18446744073709551615.0, "16.0 EiB"},
  };
  for (const Case& c : cases) CHECK(short_bytes(c.bytes) == c.text);
}

TEST_CASE("clock times") {
  struct Case {
    Milliseconds span;
    const char* text;
  };
  const Case cases[] = {
      {0ms, "0:00"},
      {-5s, "0:00"},
      {999ms, "0:00"},
      {7s, "0:07"},
      {59'999ms, "0:59"},
      {60s, "1:00"},
      {754s, "12:34"},
      {3600s, "1:00:00"},
      {3723s, "1:02:03"},
      {86'399s, "23:59:59"},
      {86'400s, "1d 00:00:00"},
      {183'845s, "2d 03:04:05"},
  };
  for (const Case& c : cases) CHECK(clock_text(c.span) == c.text);
}

TEST_CASE("per cent and the time left") {
  CHECK(percent_of(0, 0) == std::nullopt);  // an empty file is neither done nor undone
  CHECK(percent_of(0, 10) == 0u);
  CHECK(percent_of(999, 1000) == 99u);
  CHECK(percent_of(1000, 1000) == 100u);
  CHECK(percent_of(1001, 1000) == std::nullopt);  // the file has grown
  CHECK(percent_of(UINT64_MAX, UINT64_MAX) == 100u);
  CHECK(percent_of(UINT64_MAX / 2, UINT64_MAX) == 50u);
  CHECK(time_left(0, 1000, 0) == std::nullopt);
  CHECK(time_left(0, 1000, 100) == 10s);
  CHECK(time_left(1000, 1000, 100) == 0ms);
  CHECK(time_left(1001, 1000, 100) == std::nullopt);
  CHECK(time_left(0, UINT64_MAX, 0.001) == std::nullopt);  // nobody waits for years
}

TEST_CASE("a speed is of late") {
  Speed speed(3s);
  SteadyTime now{};
  CHECK(speed.per_second() == 0);
  speed.add(now, 100);
  CHECK(speed.per_second() == 0);
  speed.add(now, 200);
  CHECK(speed.per_second() == 0);  // no time has passed
  for (int i = 0; i < 20; ++i) speed.add(now += 500ms, 1000);
  CHECK(speed.per_second() == 0);  // what was long ago does not count
  for (int i = 1; i <= 20; ++i) speed.add(now += 500ms, 1000u + 10u * static_cast<unsigned>(i));
  CHECK(speed.per_second() == doctest::Approx(20));
  // Two counts that lie far apart are all that is known.
  Speed slow(3s);
  slow.add(SteadyTime{}, 0);
  slow.add(SteadyTime{} + 100s, 50);
  CHECK(slow.per_second() == doctest::Approx(0.5));
}

Progress example() {
  Progress progress;
  progress.ways.push_back({"", 12'034, 1'572'864, 812});
  progress.elapsed = 12s;
  progress.lag = 3;
  progress.reconnects = 1;
  progress.percent = 45;
  progress.left = 15s;
  return progress;
}

TEST_CASE("the line of figures") {
  const std::size_t wide = 1000;
  CHECK(progress_text(example(), wide) ==
        "12034 messages, 812/s, 1.5 MiB, 0:12, lag 3, reconnects 1, 45%, 0:15 left");
  CHECK(progress_text({}, wide) == "0:00, reconnects 0");
  Progress two;
  two.ways = {{"sent", 5, 10, 1.5}, {"received", 7, 20, 2}};
  CHECK(progress_text(two, wide) ==
        "sent 5 messages, 1.5/s, 10 B, received 7 messages, 2/s, 20 B, 0:00, reconnects 0");
}

TEST_CASE("the line of figures in a narrow terminal: what matters least goes first, as a whole") {
  struct Case {
    std::size_t columns;
    const char* text;
  };
  const Case cases[] = {
      {73, "12034 messages, 812/s, 1.5 MiB, 0:12, lag 3, reconnects 1, 45%, 0:15 left"},
      {72, "12034 messages, 812/s, 1.5 MiB, 0:12, reconnects 1, 45%, 0:15 left"},
      {65, "12034 messages, 812/s, 1.5 MiB, 0:12, 45%, 0:15 left"},
      {51, "12034 messages, 812/s, 0:12, 45%, 0:15 left"},
      {42, "12034 messages, 812/s, 45%, 0:15 left"},
      {36, "12034 messages, 45%, 0:15 left"},
      {29, "12034 messages, 45%"},
      {18, "12034 messages"},
      {13, "12034 message"},
      {5, "12034"},
      {0, ""},
  };
  for (const Case& c : cases) CHECK(progress_text(example(), c.columns) == c.text);
  for (std::size_t columns = 0; columns < 100; ++columns)
    CHECK(progress_text(example(), columns).size() <= columns);
  // A line without reconnections gives them up before its lag.
  Progress calm = example();
  calm.reconnects = 0;
  CHECK(progress_text(calm, 72) == "12034 messages, 812/s, 1.5 MiB, 0:12, lag 3, 45%, 0:15 left");
}

TEST_CASE("the line of figures with huge numbers") {
  Progress progress;
  progress.ways.push_back({"", UINT64_MAX, UINT64_MAX, 1e19});
  progress.elapsed = Milliseconds::max();
  progress.lag = UINT64_MAX;
  const std::string text = progress_text(progress, 1000);
  CHECK(text.starts_with("18446744073709551615 messages, "));
  CHECK(text.find("16.0 EiB") != std::string::npos);
}

}  // namespace
}  // namespace rt
