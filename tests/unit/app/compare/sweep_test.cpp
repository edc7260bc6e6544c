#include "app/compare/sweep.hpp"

#include <doctest/doctest.h>

#include "app/compare/document.hpp"
#include "app/compare/page.hpp"
#include "example_report.hpp"

namespace rt {
namespace {

// CPU of the server in microseconds a message, in two rounds.
WayFigures costing(ComparedWay way, double least, double most) {
  WayFigures out{.way = way, .rounds = {}};
  for (const double cost : {least, most}) {
    RoundFigures round = example_round(2ms, 20, 4000);
    round.cpu_microseconds = 20 * cost;
    out.rounds.push_back(std::move(round));
  }
  return out;
}

SweepPoint at(double value, double sse, double ws, double spread = 0.1) {
  return {.value = value,
          .ways = {costing(ComparedWay::sse, sse - spread, sse + spread),
                   costing(ComparedWay::ws, ws - spread, ws + spread)},
          .verdict = {}};
}

}  // namespace

TEST_CASE("where lines cross, and only beyond the spread") {
  const struct {
    std::vector<SweepPoint> points;
    std::vector<double> crossings;
  } rows[] = {
      {{at(1, 10, 20), at(100, 20, 10)}, {10}},
      {{at(1, 10, 20), at(10, 10, 20), at(100, 20, 10)}, {31.62}},
      {{at(1, 10, 20), at(100, 10, 20)}, {}},
      // What lies between is within the spread.
      {{at(1, 10, 20), at(10, 15, 15.05), at(100, 20, 10)}, {10}},
      {{at(1, 10, 10.1), at(100, 10.1, 10)}, {}},
      {{at(1, 10, 20), at(10, 20, 10), at(100, 10, 20)}, {3.162, 31.62}},
      {{at(1, 10, 20), at(100, 20, 10, 8)}, {}},
  };
  for (const auto& row : rows) {
    const std::vector<Crossing> found = crossings_of(row.points);
    REQUIRE(found.size() == row.crossings.size());
    for (std::size_t i = 0; i < found.size(); ++i) {
      CHECK(found[i].at == doctest::Approx(row.crossings[i]).epsilon(0.01));
      CHECK(found[i].figure == Figure::cpu);
    }
  }
}

TEST_CASE("who was behind crosses nothing") {
  std::vector<SweepPoint> points = {at(1, 10, 20), at(100, 20, 10)};
  for (RoundFigures& round : points[1].ways[1].rounds) round.behind = true;
  CHECK(crossings_of(points).empty());
}

TEST_CASE("a sweep in words, as a table, in JSON and on the page") {
  CompareReport report = example_report();
  report.ways.clear();
  report.verdict = {};
  report.conditions.swept = Swept::rate;
  report.conditions.swept_values = "1 and 100";
  report.sweep =
      Sweep{.of = Swept::rate, .points = {at(1, 10, 20), at(100, 20, 10)}, .crossings = {}};
  Sweep& sweep = *report.sweep;
  sweep.crossings = crossings_of(sweep.points);
  for (SweepPoint& point : sweep.points) point.verdict = verdict(candidates_of(point.ways));
  const std::vector<std::string> sentences = sweep_sentences(sweep);
  REQUIRE(sentences.size() == 3);
  CHECK(sentences[0] ==
        "rate 1: Take SSE: unlike ws, its server takes only 10.0 us of CPU a message.");
  CHECK(sentences[2] ==
        "server CPU, us: sse is the best up to about 10.0 messages a second, ws above; at 100 it "
        "takes 50.0 % less.");
  const std::string tables = sweep_tables(sweep, 100);
  CAPTURE(tables);
  CHECK(tables.find("server CPU, us      sse        ws\n"
                    "  rate 1       10.0 ~1%* 20.0 ~1%\n"
                    "  rate 100     20.0 ~1%  10.0 ~1%*\n") != std::string::npos);
  const std::string json = compare_json(report);
  for (const char* part : {R"("rate":null,"readers":2)",
                           R"("sweep":{"of":"rate","points":[{"value":1,"ways":[{"way":"sse")",
                           R"("crossings":[{"figure":"server_cpu_seconds","at":10)",
                           R"("below":"sse","above":"ws"}])", R"("take":"sse")"}) {
    CAPTURE(part);
    CHECK(json.find(part) != std::string::npos);
  }
  const std::string page = compare_page(report);
  for (const char* part :
       {"1 and 100 a second", "Where it changes", "sse is the best up to about 10.0",
        "<h2>server CPU, us</h2>", "rate 100", "class=\"dot\""}) {
    CAPTURE(part);
    CHECK(page.find(part) != std::string::npos);
  }
  sweep.crossings.clear();
  CHECK(sweep_sentences(sweep).back() == "No lines cross beyond the spread of the rounds.");
}

}  // namespace rt
