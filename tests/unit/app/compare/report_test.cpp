#include "app/compare/report.hpp"

#include <doctest/doctest.h>

#include <algorithm>

#include "base/text.hpp"
#include "example_report.hpp"

namespace rt {
TEST_CASE("figures over rounds: the median, the least and the most") {
  const std::vector<WayFigures> ways = example_ways();
  const auto lost = ways[0].spread(Figure::lost);
  REQUIRE(lost);
  CHECK(lost->median == doctest::Approx(5));
  CHECK(lost->least == 0);
  CHECK(lost->most == doctest::Approx(10));
  CHECK_FALSE(ways[0].spread(Figure::back).has_value());
  CHECK_FALSE(ways[0].spread(Figure::memory).has_value());
  CHECK(ways[1].spread(Figure::cpu)->median == doctest::Approx(20e-6));
}

TEST_CASE("the table marks the best of each line, and who was behind") {
  std::vector<WayFigures> ways = example_ways();
  CHECK(compare_table(ways, false, 100) ==
        "                       poll-cursor   sse\n"
        "half within, ms           200 ~50%  2.00*\n"
        "99 % within, ms           200 ~50%  2.00*\n"
        "the longest, ms           200 ~50%  2.00*\n"
        "lost, %              5.00 (0-10.0)     0*\n"
        "doubled                          0     0\n"
        "out of order                     0     0\n"
        "late, %                          0     0\n"
        "bytes down a message       422 ~6%   200*\n"
        "bytes up a message               0     0\n"
        "server CPU, us            21.1 ~6%  20.0*\n");
  CHECK(compare_table(ways, true, 100).find("200 (100-300)") != std::string::npos);
  CHECK(compare_table(ways, true, 100).find("99.9 % within") != std::string::npos);
  ways[1].rounds[0].behind = true;
  const std::string marked = compare_table(ways, false, 100);
  CHECK(marked.find("2.00?") != std::string::npos);
  CHECK(marked.find('*') == std::string::npos);
}

TEST_CASE("the table of all ways fits as many columns as there are") {
  std::vector<WayFigures> ways;
  for (std::size_t i = 0; i < kComparedWays; ++i) {
    RoundFigures round = example_round(12'345ms, 20, 4'000'000);
    round.up_bytes = 123'456;
    round.memory_bytes = 1e6;
    round.back_seconds = 1.25;
    RoundFigures other = round;
    other.down_bytes = 3'000'000;
    ways.push_back({static_cast<ComparedWay>(i), {round, other}});
  }
  for (const std::size_t columns : {100u, 80u, 60u, 40u, 33u}) {
    CAPTURE(columns);
    for (const bool wide : {false, true}) {
      const std::string table = compare_table(ways, wide, columns);
      for (std::size_t i = 0; i < kComparedWays; ++i)
        CHECK(table.find(std::string(name_of(static_cast<ComparedWay>(i))) + "\n") +
                  table.find(std::string(name_of(static_cast<ComparedWay>(i))) + " ") !=
              2 * std::string::npos);
      for (const std::string_view line : split(table, '\n'))
        CHECK(line.size() <= std::max<std::size_t>(columns, wide ? 44 : 33));
    }
  }
  // In few columns the spreads go first.
  CHECK(compare_table(ways, false, 100).find('~') == std::string::npos);
  ways.resize(3);
  CHECK(compare_table(ways, false, 100).find(" ~15%") != std::string::npos);
}

TEST_CASE("how far a round lies from the median, in per cent") {
  const struct {
    Spread spread;
    std::optional<unsigned> percent;
  } rows[] = {{{.median = 2, .least = 2, .most = 2}, std::nullopt},
              {{.median = 0, .least = 0, .most = 2}, std::nullopt},
              {{.median = 2, .least = 1.9, .most = 2.05}, 5u},
              {{.median = 2, .least = 1.99, .most = 2.05}, 3u},
              {{.median = 2, .least = 1, .most = 7}, 250u}};
  for (const auto& row : rows) CHECK(spread_percent(row.spread) == row.percent);
}
}  // namespace rt
