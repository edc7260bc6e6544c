#include "app/compare/document.hpp"

#include <doctest/doctest.h>

#include "example_report.hpp"

namespace rt {

TEST_CASE("the report for programs has all that was measured") {
  CompareReport report = example_report();
  report.conditions.command = "rtrelay compare --message 'a\"b'";
  report.conditions.needs = {ComparedNeed::browser};
  const std::string json = compare_json(report);
  CHECK(json.starts_with("{\"version\":1,\"program\":"));
  for (
      const char* part :
      {R"("command":"rtrelay compare --message 'a\"b'")",
       R"("conditions":{"message_bytes":200,"binary":false,"two_way":false,"rate":10,"readers":2,"publishers":1,"seconds":1,)"
       R"("rounds":2,"network":"none","late_seconds":1,"cut_after_seconds":null,)"
       R"("cut_for_seconds":null,"poll_every_seconds":1)",
       R"({"way":"poll-cursor","behind":false,"sent":20,"expected":40,"delivered":38,)",
       R"("lost_percent":{"median":5,"least":0,"most":10,"rounds":[0,10]})",
       R"("back_seconds":null)", R"("latency":[[0,0.002)",
       R"("timeline":[{"from_seconds":0,"expected":40,"delivered":38,"longest_seconds":0.3}])",
       R"("needs":[{"need":"browser","met_by":["poll-cursor","sse"]}])", R"("take":"sse")",
       R"("verdict":"Take SSE: unlike poll-cursor, it lost nothing)"}) {
    CAPTURE(part);
    CHECK(json.find(part) != std::string::npos);
  }
  CHECK(json.ends_with("}\n"));
  report.conditions.cut_after = 1;
  report.conditions.cut_for = 2;
  CHECK(compare_json(report).find(R"("cut_after_seconds":1,"cut_for_seconds":2)") !=
        std::string::npos);
}

}  // namespace rt
