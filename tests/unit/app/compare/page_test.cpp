#include "app/compare/page.hpp"

#include <doctest/doctest.h>

#include "app/compare/html.hpp"
#include "example_report.hpp"

namespace rt {
namespace {

bool has(const std::string& page, std::string_view part) {
  return page.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("text for HTML") {
  const struct {
    std::string_view text, html;
  } rows[] = {
      {"", ""},
      {"a<b>&\"'", "a&lt;b&gt;&amp;&quot;&#39;"},
      {"</script><!--", "&lt;/script&gt;&lt;!--"},
      {"\xff\x01", "\\xFF\\x01"},
      {"\xe2\x80\xae", "\\xE2\\x80\\xAE"},  // it turns a line round
      {"21 °C", "21 °C"},
  };
  for (const auto& row : rows) CHECK(html_text(row.text) == row.html);
}

TEST_CASE("times and numbers of axes") {
  const struct {
    double seconds;
    std::string text;
  } rows[] = {{0, "0"},   {2e-6, "2 µs"}, {0.00025, "250 µs"}, {0.001, "1 ms"}, {0.0123, "12.3 ms"},
              {1, "1 s"}, {2.5, "2.5 s"}, {30, "30 s"}};
  for (const auto& row : rows) CHECK(axis_time(row.seconds) == row.text);
  CHECK(svg_number(1.0 / 3) == "0.33");
  CHECK(svg_number(2) == "2");
  CHECK(svg_number(-0.001) == "0");
  CHECK(percent_of(0.125) == "12.5%");
}

TEST_CASE("the page is a whole document with the figures, and runs and fetches nothing") {
  const std::string page = compare_page(example_report());
  CHECK(page.starts_with("<!doctype html>\n<html lang=\"en\">"));
  CHECK(page.ends_with("</body>\n</html>\n"));
  for (const std::string_view part :
       {"<h1>Take SSE</h1>", "Unlike poll-cursor, it lost nothing.", "Latency", "Bytes a message",
        "CPU a message", "All figures", "<td>5.00<small>0–10.0</small></td>",
        "<td class=\"best\">2.00</td>", "A processor", "Linux 6.1", "2026-12-01 02:03 UTC",
        "prefers-color-scheme: dark", "@media print"}) {
    CAPTURE(part);
    CHECK(has(page, part));
  }
  for (const std::string_view part : {"<script", "http:", "https:", "src=", "@import", "url("})
    CHECK_FALSE(has(page, part));
  CHECK_FALSE(has(page, "<h2>The cut</h2>"));
}

TEST_CASE("what comes from outside is text in the page") {
  CompareReport report = example_report();
  report.conditions.command = "rtrelay compare --message '<script>alert(1)</script>\"&'";
  report.conditions.network = "<i>rtt=80ms\"";
  report.conditions.processor = "</dl><b>";
  report.verdict.notes.push_back("<u>note");
  const std::string page = compare_page(report);
  for (const std::string_view part : {"<script", "<i>rtt", "</dl><b>", "<u>note"})
    CHECK_FALSE(has(page, part));
  CHECK(has(page, "&lt;script&gt;alert(1)&lt;/script&gt;&quot;&amp;&#39;"));
}

TEST_CASE("the page shows a cut, who was behind, and ways that had nothing") {
  CompareReport report = example_report();
  report.conditions.cut_after = 0.2;
  report.conditions.cut_for = 0.5;
  report.ways[0].rounds[0].behind = true;
  report.ways.push_back({.way = ComparedWay::ws, .rounds = {}});
  RoundFigures nothing;
  nothing.sent = nothing.expected = 10;
  report.ways.push_back({.way = ComparedWay::mqtt0, .rounds = {nothing}});
  const std::string page = compare_page(report);
  CHECK(has(page, "<h2>The cut</h2>"));
  CHECK(has(page, "<b>5.00 % lost</b>"));
  CHECK(has(page, "too busy to send in time for poll-cursor:"));
  CHECK(has(page, "<td class=\"is-behind\">5.00?"));
  CHECK(has(page, "<td class=\"none\">–</td>"));
  // Nothing was measured at all.
  report.ways.clear();
  report.verdict = {};
  CHECK(has(compare_page(report), "<h1>What each transport costs</h1>"));
}

}  // namespace rt
