#include <algorithm>

#include "app/compare/figure_text.hpp"
#include "app/compare/html.hpp"
#include "app/compare/line_chart.hpp"
#include "app/compare/log_scale.hpp"
#include "app/compare/panels.hpp"

namespace rt {
namespace {

std::string axis_text(double value, Unit unit) {
  if (unit == Unit::milliseconds || unit == Unit::microseconds) return axis_time(value);
  return svg_number(value * per_unit(unit));
}

// Empty: nothing of it is more than 0.
std::string chart_of(const Sweep& sweep, const FigureRow& row) {
  double least = 0, most = 0;
  for (const SweepPoint& point : sweep.points)
    for (const WayFigures& way : point.ways) {
      const auto spread = way.spread(row.figure);
      if (!spread || !(spread->median > 0)) continue;
      least = most > 0 ? std::min(least, spread->median) : spread->median;
      most = std::max(most, spread->median);
    }
  if (most <= 0) return {};
  // In the unit that is read, so that its ticks are round.
  const double unit = per_unit(row.unit);
  const LogScale up(least * unit, most * unit);
  const LogScale along(sweep.points.front().value, sweep.points.back().value);
  LineChart chart;
  chart.says = std::string(row.label) + ", a line for each way; the tables below have the figures.";
  chart.figures_are = "at " + svg_number(sweep.points.back().value);
  chart.height = 220;
  for (const double tick : up.ticks())
    chart.up.push_back({up.at(tick), axis_text(tick / unit, row.unit)});
  for (const SweepPoint& point : sweep.points)
    chart.along.push_back({along.at(point.value), svg_number(point.value)});
  for (std::size_t i = 0; i < sweep.points.front().ways.size(); ++i) {
    LineChart::Line line{
        .way = sweep.points.front().ways[i].way, .points = {}, .figure = {}, .dots = true};
    for (const SweepPoint& point : sweep.points) {
      const auto spread = point.ways[i].spread(row.figure);
      if (!spread || !(spread->median > 0)) continue;
      line.points.emplace_back(along.at(point.value), up.at(spread->median * unit));
      line.figure = figure_number(spread->median, row.unit) + (point.ways[i].behind() ? "?" : "");
    }
    if (!line.points.empty()) chart.lines.push_back(std::move(line));
  }
  return line_chart(chart);
}

std::string table_of(const Sweep& sweep, const FigureRow& row) {
  std::string out = "<tr class=\"group\"><th scope=\"rowgroup\">" + html_text(row.label) + "</th>" +
                    "<td colspan=\"" + std::to_string(sweep.points.front().ways.size()) +
                    "\"></td></tr>";
  for (const SweepPoint& point : sweep.points) {
    const RowBounds bounds = bounds_of(point.ways, row.figure);
    out += "<tr><th scope=\"row\">" + std::string(name_of(sweep.of)) + " " +
           svg_number(point.value) + "</th>";
    for (const WayFigures& way : point.ways) out += table_cell(way, row, bounds);
    out += "</tr>";
  }
  return out;
}

bool has_any(const Sweep& sweep, Figure figure) {
  return std::any_of(sweep.points.begin(), sweep.points.end(), [&](const SweepPoint& point) {
    return std::any_of(point.ways.begin(), point.ways.end(),
                       [&](const WayFigures& way) { return way.spread(figure).has_value(); });
  });
}

}  // namespace

std::string sweep_panels(const Sweep& sweep) {
  const std::string along = "Along: " + std::string(words_of(sweep.of)) + ".";
  std::string sentences = "<ul class=\"sentences\">";
  for (const std::string& sentence : sweep_sentences(sweep))
    sentences += "<li>" + html_text(sentence) + "</li>";
  std::string out = panel("Where it changes", "", sentences + "</ul>");
  out += "<div class=\"pair\">";
  for (const Figure figure : swept_figures()) {
    const FigureRow& row = row_of(figure);
    const std::string chart = chart_of(sweep, row);
    if (!chart.empty()) out += panel(row.label, along, chart);
  }
  out += "</div>\n";
  std::string table = table_head(sweep.points.front().ways);
  for (const Figure figure : swept_figures())
    if (has_any(sweep, figure)) table += table_of(sweep, row_of(figure));
  return out + panel("The figures",
                     "Medians of the rounds; below each the least and the most. Green is the best "
                     "of a row.",
                     table + "</tbody></table></div>");
}

std::string changes_panel(const Changes& changes) {
  std::string out = "<ul class=\"sentences num\">";
  for (const Change& change : changes.all) {
    const std::string words = change_words(change);
    out += "<li class=\"w-" + std::string(name_of(change.way)) + "\"><b>" +
           std::string(name_of(change.way)) + "</b> <span class=\"" +
           (change.better() ? "better" : "worse") + "\">" + html_text(words) + "</span></li>";
  }
  if (changes.all.empty()) out += "<li>Nothing has changed beyond the spread of the rounds.</li>";
  for (const std::string& name : changes.left_out)
    out += "<li>Not compared: " + html_text(name) + ".</li>";
  if (!changes.other_processor.empty())
    out += "<li>It was measured on another processor, so CPU and latency say little: " +
           html_text(changes.other_processor) + ".</li>";
  return panel("What changed",
               "Since " + changes.time + " (" + changes.program +
                   "): what differs by more than the rounds of both do.",
               out + "</ul>");
}

}  // namespace rt
