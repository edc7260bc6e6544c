#include "base/clock.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace rt;

namespace {

WallTime at(std::int64_t micros) {
  return WallTime(std::chrono::microseconds(micros));
}

}  // namespace

TEST_CASE("clock: RFC 3339 in UTC with microseconds") {
  struct Row {
    std::int64_t micros;
    const char* text;
  };
  const Row rows[] = {
      {0, "1970-01-01T00:00:00.000000Z"},
      {1, "1970-01-01T00:00:00.000001Z"},
      {-1, "1969-12-31T23:59:59.999999Z"},
      {1'767'323'045'678'901, "2026-01-02T03:04:05.678901Z"},
      {951'782'400'000'000, "2000-02-29T00:00:00.000000Z"},
      {4'107'542'399'999'999, "2100-02-28T23:59:59.999999Z"},
      {253'402'300'799'999'999, "9999-12-31T23:59:59.999999Z"},
      {-62'167'219'200'000'000, "0000-01-01T00:00:00.000000Z"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    CHECK(format_time(at(row.micros)) == row.text);
    CHECK(parse_time(row.text) == at(row.micros));
    const std::string text = row.text;
    for (std::size_t n = 0; n < text.size(); ++n)
      CHECK(parse_time(text.substr(0, n)) == std::nullopt);
    std::string out = "t=";
    append_time(out, at(row.micros));
    CHECK(out == "t=" + text);
  }
  // Years without four digits give the nearest that has them.
  CHECK(format_time(at(253'402'300'800'000'000)) == "9999-12-31T23:59:59.999999Z");
  CHECK(format_time(at(INT64_MAX)) == "9999-12-31T23:59:59.999999Z");
  CHECK(format_time(at(-62'167'219'200'000'001)) == "0000-01-01T00:00:00.000000Z");
  CHECK(format_time(at(INT64_MIN)) == "0000-01-01T00:00:00.000000Z");
}

TEST_CASE("clock: reading RFC 3339") {
  struct Row {
    const char* text;
    std::int64_t micros;
  };
  const Row good[] = {
      {"1970-01-01T00:00:00Z", 0},
      {"1970-01-01t00:00:00z", 0},
      {"1970-01-01T00:00:00.5Z", 500'000},
      {"1970-01-01T00:00:00.000001999Z", 1},
      {"1970-01-01T00:00:00.123456789Z", 123'456},
      {"1970-01-01T00:00:00+00:00", 0},
      {"1970-01-01T00:00:00-00:00", 0},
      {"1970-01-01T01:30:00+01:30", 0},
      {"1969-12-31T22:30:00-01:30", 0},
      {"1970-01-01T23:59:00+23:59", 0},
      {"1970-01-01T00:00:60Z", 60'000'000},  // a leap second is the next one
      {"2024-02-29T00:00:00Z", 1'709'164'800'000'000},
      {"0000-01-01T00:00:00+23:59", -62'167'219'200'000'000 - 86'340'000'000},
  };
  for (const Row& row : good) {
    CAPTURE(row.text);
    CHECK(parse_time(row.text) == at(row.micros));
  }
  const char* bad[] = {
      "",
      "1970",
      "1970-01-01",
      "1970-01-01 00:00:00Z",
      "1970-01-01T00:00:00",
      "1970-01-01T00:00Z",
      "1970-1-1T00:00:00Z",
      "70-01-01T00:00:00Z",
      "19700101T000000Z",
      "+1970-01-01T00:00:00Z",
      "-970-01-01T00:00:00Z",
      "1970-00-01T00:00:00Z",
      "1970-13-01T00:00:00Z",
      "1970-01-00T00:00:00Z",
      "1970-01-32T00:00:00Z",
      "1970-04-31T00:00:00Z",
      "2023-02-29T00:00:00Z",
      "2100-02-29T00:00:00Z",
      "1970-01-01T24:00:00Z",
      "1970-01-01T00:60:00Z",
      "1970-01-01T00:00:61Z",
      "1970-01-01T00:00:00.Z",
      "1970-01-01T00:00:00.0000000000Z",
      "1970-01-01T00:00:00,5Z",
      "1970-01-01T00:00:00ZZ",
      "1970-01-01T00:00:00Z ",
      " 1970-01-01T00:00:00Z",
      "1970-01-01T00:00:00+0100",
      "1970-01-01T00:00:00+01",
      "1970-01-01T00:00:00+24:00",
      "1970-01-01T00:00:00+01:60",
      "1970-01-01T-1:00:00Z",
      "1970-01-01T+1:00:00Z",
      "1970-01-01T00: 0:00Z",
  };
  for (const char* text : bad) {
    CAPTURE(text);
    CHECK(parse_time(text) == std::nullopt);
  }
}

TEST_CASE("clock: now is after this was written") {
  CHECK(wall_now() > *parse_time("2026-01-01T00:00:00Z"));
  CHECK(wall_now() < *parse_time("2200-01-01T00:00:00Z"));
}

TEST_CASE("local time by strftime") {
  const WallTime time = *parse_time("2026-01-02T03:04:05.5Z");
  CHECK(local_time(time, "%s") == "1767323045");
  CHECK(local_time(time, "").empty());
  CHECK(local_time(time, "a%%b") == "a%b");
  std::string format;
  for (int i = 0; i < 1000; ++i) format += "%Y";
  CHECK(local_time(time, format).size() == 4000);
}

TEST_CASE("seconds as JSON writes them") {
  const std::pair<std::string_view, std::int64_t> kTable[] = {{"0", 0},
                                                              {"1.5", 1'500'000},
                                                              {"0.000001", 1},
                                                              {"1.2345678", 1'234'567},
                                                              {"2e-5", 20},
                                                              {"1E2", 100'000'000},
                                                              {"1e+1", 10'000'000},
                                                              {"3155760000", 3'155'760'000'000'000},
                                                              {"0.0000000000000000000000001", 0},
                                                              {"0e400", 0},
                                                              {"1e-400", 0}};
  for (const auto& row : kTable) {
    const auto [text, value] = row;
    CAPTURE(row.first);
    REQUIRE(microseconds_of(text));
    CHECK(microseconds_of(text)->count() == value);
  }
  for (const std::string_view text :
       {"", "-1", ".", "1e", "1e401", "1.2.3", "3155760001", "1e300", "x", "1 "}) {
    CAPTURE(text);
    CHECK_FALSE(microseconds_of(text));
  }
}

TEST_CASE("a moment, however it is said") {
  const std::pair<std::string_view, std::int64_t> kTable[] = {
      {"1700000000", 1'700'000'000'000'000},
      {"1700000000.25", 1'700'000'000'250'000},
      {"1700000000123", 1'700'000'000'123'000},
      {"1.700000000123E12", 1'700'000'000'123'000},
      {"1700000000123456", 1'700'000'000'123'456},
      {"1700000000123456789", 1'700'000'000'123'456},
      {"2023-11-14T22:13:20.5Z", 1'700'000'000'500'000},
      {"100000000", 100'000'000'000'000},
      {"3155760000", 3'155'760'000'000'000},
  };
  for (const auto& row : kTable) {
    const auto [text, micros] = row;
    CAPTURE(row.first);
    REQUIRE(moment_of(text));
    CHECK(moment_of(text)->time_since_epoch().count() == micros);
  }
  for (const std::string_view text :
       {"", "0", "99999999", "1e300", "soon", "-1700000000", "1700000000 "}) {
    CAPTURE(text);
    CHECK_FALSE(moment_of(text));
  }
}
