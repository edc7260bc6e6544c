#include "app/compare/report.hpp"

#include <doctest/doctest.h>

#include <algorithm>

#include "base/text.hpp"

namespace rt {
namespace {

RoundFigures round_of(Milliseconds latency, std::uint64_t delivered, std::uint64_t bytes) {
  RoundFigures out;
  out.sent = 10;
  out.expected = 20;
  out.delivered = delivered;
  out.latency.add(latency, delivered);
  out.down_bytes = bytes;
  out.connections = 2;
  out.cpu_microseconds = 400;
  return out;
}

std::vector<WayFigures> example() {
  return {{ComparedWay::poll_cursor, {round_of(100ms, 20, 8000), round_of(300ms, 18, 8000)}},
          {ComparedWay::sse, {round_of(2ms, 20, 4000), round_of(2ms, 20, 4000)}}};
}

}  // namespace

TEST_CASE("figures over rounds: the median, the least and the most") {
  const std::vector<WayFigures> ways = example();
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
  std::vector<WayFigures> ways = example();
  CHECK(compare_table(ways, false) ==
        "                     poll-cursor   sse\n"
        "half within, ms              200  2.00*\n"
        "99 % within, ms              200  2.00*\n"
        "the longest, ms              200  2.00*\n"
        "lost, %                     5.00     0*\n"
        "doubled                        0     0\n"
        "out of order                   0     0\n"
        "late, %                        0     0\n"
        "bytes down a message         422   200*\n"
        "bytes up a message             0     0\n"
        "server CPU, us              21.1  20.0*\n");
  CHECK(compare_table(ways, true).find("200 (100-300)") != std::string::npos);
  CHECK(compare_table(ways, true).find("99.9 % within") != std::string::npos);
  ways[1].rounds[0].behind = true;
  const std::string marked = compare_table(ways, false);
  CHECK(marked.find("2.00?") != std::string::npos);
  CHECK(marked.find('*') == std::string::npos);
}

TEST_CASE("the table of all ways fits 100 columns") {
  std::vector<WayFigures> ways;
  for (std::size_t i = 0; i < kComparedWays; ++i) {
    RoundFigures round = round_of(12'345ms, 20, 4'000'000);
    round.up_bytes = 123'456;
    round.memory_bytes = 1e6;
    round.back_seconds = 1.25;
    ways.push_back({static_cast<ComparedWay>(i), {round}});
  }
  for (const std::string_view line : split(compare_table(ways, false), '\n'))
    CHECK(line.size() <= 100);
}

TEST_CASE("the report for programs") {
  ReportConditions conditions{.message_bytes = 200,
                              .rate = 10,
                              .readers = 2,
                              .publishers = 1,
                              .seconds = 1,
                              .rounds = 2,
                              .network = "none",
                              .late_seconds = 1};
  const std::string json = compare_json(conditions, example(), "Take \"SSE\"");
  CHECK(json.starts_with("{\"version\":1,"));
  for (const char* part :
       {R"("conditions":{"message_bytes":200,"rate":10,"readers":2,"publishers":1,"seconds":1,)"
        R"("rounds":2,"network":"none","late_seconds":1,"cut_after_seconds":null,)",
        R"({"way":"poll-cursor","behind":false,"sent":20,"expected":40,"delivered":38,)",
        R"("lost_percent":{"median":5,"least":0,"most":10})", R"("back_seconds":null)",
        R"("verdict":"Take \"SSE\""})"}) {
    CAPTURE(part);
    CHECK(json.find(part) != std::string::npos);
  }
  CHECK(json.ends_with("}\n"));
}

}  // namespace rt
