#include "app/compare/page.hpp"

#include <algorithm>

#include "app/compare/figure_text.hpp"
#include "app/compare/html.hpp"
#include "app/compare/panels.hpp"
#include "base/text.hpp"
#include "web_assets.hpp"

namespace rt {
namespace {

constexpr std::string_view kMark =
    "<svg class=\"mark\" viewBox=\"0 0 32 32\" aria-hidden=\"true\" focusable=\"false\">"
    "<path class=\"lane\" d=\"M5 5h22M5 10.5h22M5 16h22M5 21.5h22M5 27h22\"/>"
    "<circle class=\"dot-poll\" cx=\"25\" cy=\"5\" r=\"2.8\"/>"
    "<circle class=\"dot-longpoll\" cx=\"17\" cy=\"10.5\" r=\"2.8\"/>"
    "<circle class=\"dot-sse\" cx=\"11\" cy=\"16\" r=\"2.8\"/>"
    "<circle class=\"dot-ws\" cx=\"7\" cy=\"21.5\" r=\"2.8\"/>"
    "<circle class=\"dot-mqtt\" cx=\"13\" cy=\"27\" r=\"2.8\"/></svg>";

std::string counted(double many, std::string_view word) {
  return figure_number(many) + " " + std::string(word) + (many == 1 ? "" : "s");
}

// "2026-12-01 02:35 UTC" of RFC 3339.
std::string short_time(const std::string& time) {
  if (time.size() < 16) return time;
  return time.substr(0, 10) + " " + time.substr(11, 5) + " UTC";
}

std::string short_number(double value) {
  return svg_number(value);
}

std::string asked_for(const ReportConditions& conditions) {
  std::string out =
      std::to_string(conditions.message_bytes) +
      (conditions.binary ? " binary bytes · " : " bytes · ") +
      (conditions.swept == Swept::rate ? conditions.swept_values : short_number(conditions.rate)) +
      (conditions.two_way ? " requests a second · " : " a second · ") +
      (conditions.swept == Swept::readers ? conditions.swept_values
                                          : std::to_string(conditions.readers)) +
      (conditions.readers == 1 ? " reader" : " readers");
  if (conditions.network != "none") out += " · " + conditions.network;
  if (conditions.cut_for > 0) out += " · cut for " + axis_time(conditions.cut_for);
  return out;
}

std::string sentence(std::string text) {
  if (!text.empty() && text[0] >= 'a' && text[0] <= 'z') text[0] = static_cast<char>(text[0] - 32);
  return text + ".";
}

std::string fact(std::string_view term, const std::optional<Spread>& spread, Unit unit,
                 std::string_view word) {
  if (!spread) return {};
  return "<div><dt>" + std::string(term) + "</dt><dd class=\"num\">" +
         figure_number(spread->median, unit) + "<small>" + std::string(word) +
         "</small></dd></div>";
}

std::string facts(const WayFigures& way) {
  return "<dl class=\"facts\">" +
         fact("half within", way.spread(Figure::p50), Unit::milliseconds, "ms") +
         fact("99 % within", way.spread(Figure::p99), Unit::milliseconds, "ms") +
         fact("lost", way.spread(Figure::lost), Unit::percent, "%") +
         fact("down a message", way.spread(Figure::down_bytes), Unit::bytes, "bytes") +
         fact("server CPU a message", way.spread(Figure::cpu), Unit::microseconds, "µs") + "</dl>";
}

std::string answer(const CompareReport& report) {
  const Verdict& verdict = report.verdict;
  std::string out = "<header class=\"answer\"><p class=\"asked num\">" +
                    html_text(asked_for(report.conditions)) + "</p><h1>" +
                    (verdict.taken ? "Take " + std::string(title_of(*verdict.taken))
                                   : std::string("What each transport costs")) +
                    "</h1>";
  if (!verdict.reasons.empty()) {
    out += "<ul class=\"reasons\">";
    for (const std::string& reason : verdict.reasons)
      out += "<li>" + html_text(sentence(reason)) + "</li>";
    out += "</ul>";
  }
  if (!verdict.notes.empty()) {
    out += "<div class=\"notes\">";
    for (const std::string& note : verdict.notes) out += "<p>" + html_text(note) + "</p>";
    out += "</div>";
  }
  if (verdict.taken)
    for (const WayFigures& way : report.ways)
      if (way.way == *verdict.taken) out += facts(way);
  return out + "</header>\n";
}

std::string busy_note(const std::vector<WayFigures>& ways) {
  std::vector<std::string_view> behind;
  for (const WayFigures& way : ways)
    if (way.behind()) behind.push_back(name_of(way.way));
  if (behind.empty()) return {};
  return "<p class=\"warning\">This machine was too busy to send in time for " + listed(behind) +
         ": figures that are marked with ? are not good.</p>\n";
}

std::string given(std::string_view term, const std::string& text) {
  if (text.empty()) return {};
  return "<dt>" + std::string(term) + "</dt><dd>" + html_text(text) + "</dd>";
}

std::string needs_text(const std::vector<ComparedNeed>& needs) {
  std::vector<std::string_view> names;
  for (const ComparedNeed need : needs) names.push_back(name_of(need));
  return listed(names);
}

std::string conditions_panel(const ReportConditions& conditions) {
  std::string network = conditions.network == "none"
                            ? "this machine's own, with nothing added"
                            : conditions.network +
                                  ", played by a proxy: no packet is lost in it, and nothing of "
                                  "what TCP/IP adds is counted";
  std::string cut;
  if (conditions.cut_for > 0)
    cut = "after " + axis_time(conditions.cut_after) + ", for " + axis_time(conditions.cut_for);
  std::string readers = conditions.swept == Swept::readers ? conditions.swept_values
                                                           : std::to_string(conditions.readers);
  const std::string rate =
      conditions.swept == Swept::rate ? conditions.swept_values : short_number(conditions.rate);
  if (conditions.publishers > 1)
    readers += ", and " + std::to_string(conditions.publishers) + " publishers";
  const std::string inside =
      (conditions.command.empty()
           ? std::string()
           : "<code class=\"command\">" + html_text(conditions.command) + "</code>") +
      "<dl class=\"given num\">" +
      given("message", counted(static_cast<double>(conditions.message_bytes), "byte") + ", " +
                           rate + " a second") +
      given("readers", readers) + given("network", network) + given("cut", cut) +
      given("rounds", std::to_string(conditions.rounds) + " of " + axis_time(conditions.seconds)) +
      given("late", "after " + axis_time(conditions.late_seconds)) +
      given("polls", "every " + axis_time(conditions.poll_every_seconds)) +
      given("needs", needs_text(conditions.needs)) + given("program", conditions.program) +
      given("processor", conditions.processor.empty() ? std::string()
                                                      : std::to_string(conditions.processors) +
                                                            " of " + conditions.processor) +
      given("system", conditions.system) + given("measured", conditions.time) + "</dl>";
  return panel("How it was measured",
               "Servers, readers and publishers shared this machine; the ways were measured one "
               "after the other, in rounds, each time with a server of its own.",
               inside);
}

std::string figures(const CompareReport& report) {
  const std::vector<WayFigures>& ways = report.ways;
  return busy_note(ways) + (report.changes ? changes_panel(*report.changes) : std::string()) +
         latency_panel(ways) + "<div class=\"pair\">" +
         bytes_panel(ways, report.conditions.message_bytes) + cpu_panel(ways) + idle_panel(ways) +
         memory_panel(ways) + "</div>\n" + cut_panel(ways, report.conditions) + table_panel(ways);
}

}  // namespace

std::string compare_page(const CompareReport& report) {
  const ReportConditions& conditions = report.conditions;
  const std::string title =
      report.verdict.taken ? "Take " + std::string(title_of(*report.verdict.taken)) : "Transports";
  return "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
         "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
         "<meta name=\"color-scheme\" content=\"light dark\">\n"
         "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src "
         "'unsafe-inline'; img-src data:\">\n"
         "<title>" +
         html_text(title + ": " + asked_for(conditions)) +
         "</title>\n<link rel=\"icon\" href=\"data:,\">\n<style>\n" +
         std::string(report_asset("report.css")) +
         "</style>\n</head>\n<body>\n<div class=\"top\"><span class=\"brand\">" +
         std::string(kMark) +
         "<span>rtwire</span></span><span class=\"what\">the transports compared</span><span "
         "class=\"when num\">" +
         html_text(short_time(conditions.time)) + "</span></div>\n<main>\n" + answer(report) +
         (report.sweep ? sweep_panels(*report.sweep) : figures(report)) +
         conditions_panel(conditions) + "</main>\n</body>\n</html>\n";
}

}  // namespace rt
