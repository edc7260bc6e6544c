#include "app/compare/against.hpp"

#include <doctest/doctest.h>

#include "app/compare/document.hpp"
#include "app/compare/page.hpp"
#include "example_report.hpp"

namespace rt {
namespace {

EarlierReport earlier_of(const CompareReport& report) {
  JsonPicker picker;
  REQUIRE(picker.prepare());
  Result<EarlierReport> read = read_report(compare_json(report), picker);
  REQUIRE(read);
  return *std::move(read);
}

void multiply_bytes(CompareReport& report, std::uint64_t by) {
  for (WayFigures& way : report.ways)
    for (RoundFigures& round : way.rounds) round.down_bytes *= by;
}

}  // namespace

TEST_CASE("a report is read back, and is the same as itself") {
  CompareReport report = example_report();
  report.conditions.processor = "A \"processor\"";
  const EarlierReport earlier = earlier_of(report);
  CHECK(earlier.program == "rtrelay 0.1.0");
  CHECK(earlier.time == "2026-12-01T02:03:04.567890Z");
  CHECK(earlier.processor == "A \"processor\"");
  REQUIRE(earlier.ways.size() == 2);
  CHECK(earlier.ways.at("poll-cursor").at("lost_percent").most == doctest::Approx(10));
  CHECK(check_same_plan(earlier, report.conditions, {ComparedWay::sse}));
  const Changes changes = changes_since(earlier, report);
  CHECK(changes.all.empty());
  CHECK(changes_text(changes) ==
        "Since 2026-12-01T02:03:04.567890Z (rtrelay 0.1.0): nothing has changed beyond the spread "
        "of the rounds.\n");
}

TEST_CASE("what is no report, or of another version, is refused") {
  JsonPicker picker;
  REQUIRE(picker.prepare());
  const std::pair<const char*, const char*> rows[] = {
      {"", "not a report of rtrelay compare: no JSON"},
      {"{", "not a report of rtrelay compare: no JSON"},
      {"[]", "not a report of rtrelay compare"},
      {R"({"version":1})", "not a report of rtrelay compare"},
      {R"({"version":2,"conditions":{"rate":1}})",
       "a report of version 2, and this program reads version 1"},
      {R"({"version":1,"conditions":{"rate":null},"sweep":{"of":"rate"}})",
       "a report of a sweep, which is not compared with one of a single plan"},
  };
  for (const auto& [json, why] : rows) {
    const auto read = read_report(json, picker);
    REQUIRE_FALSE(read);
    CHECK(read.error().text() == why);
    CHECK(read.error().fault() == Fault::usage);
  }
}

TEST_CASE("another plan is refused, and what differs is told") {
  const CompareReport report = example_report();
  const EarlierReport earlier = earlier_of(report);
  ReportConditions other = report.conditions;
  other.readers = 20;
  other.network = "rtt=80ms";
  other.cut_after = 1;
  other.cut_for = 2;
  auto same = check_same_plan(earlier, other, {ComparedWay::sse});
  REQUIRE_FALSE(same);
  CHECK(same.error().text() ==
        "it was measured with another plan: readers 2 there and 20 here, network none there and "
        "rtt=80ms here, cut after null there and 1 here, cut for null there and 2 here");
  same = check_same_plan(earlier, report.conditions, {ComparedWay::ws});
  REQUIRE_FALSE(same);
  CHECK(same.error().text() == "none of its ways is measured here");
  other = report.conditions;
  other.rounds = 1;
  same = check_same_plan(earlier, other, {ComparedWay::sse});
  REQUIRE_FALSE(same);
  CHECK(same.error().text() ==
        "one round has no spread: both have to be measured with --rounds 2 or more");
}

TEST_CASE("what changed beyond the spread is told, better or worse") {
  CompareReport report = example_report();
  const EarlierReport earlier = earlier_of(report);
  multiply_bytes(report, 2);
  // Within what the rounds of poll-cursor differ by.
  report.ways[0].rounds[0].latency.add(250ms, 100);
  report.conditions.processor = "Another";
  report.ways.push_back({.way = ComparedWay::ws, .rounds = {example_round(2ms, 20, 4000)}});
  report.changes = changes_since(earlier, report);
  CHECK(changes_text(*report.changes) ==
        "Since 2026-12-01T02:03:04.567890Z (rtrelay 0.1.0):\n"
        "  poll-cursor: bytes down a message: 422 -> 844, worse by 100 %\n"
        "  sse: bytes down a message: 200 -> 400, worse by 100 %\n"
        "Not compared: ws (only here).\n"
        "It was measured on another processor, so CPU and latency say little: A processor.\n");
  CHECK(
      compare_json(report).find(
          R"("against":{"program":"rtrelay 0.1.0","time":"2026-12-01T02:03:04.567890Z","changes":[{"way":"poll-cursor","figure":"down_bytes",)") !=
      std::string::npos);
  CHECK(compare_page(report).find("bytes down a message: 200 -&gt; 400, worse by 100 %") !=
        std::string::npos);
  // The other way round, and where the machine was too busy.
  const EarlierReport doubled = earlier_of(report);
  CompareReport now = example_report();
  now.ways[0].rounds[0].behind = now.ways[0].rounds[1].behind = true;
  const Changes changes = changes_since(doubled, now);
  REQUIRE(changes.all.size() == 1);
  CHECK(changes.all[0].better());
  CHECK(change_words(changes.all[0]) == "bytes down a message: 400 -> 200, better by 50.0 %");
  CHECK(changes.left_out ==
        std::vector<std::string>{"poll-cursor (the machine was too busy)", "ws (only there)"});
}

}  // namespace rt
