#include "app/compare/panels.hpp"

#include <algorithm>

#include "app/compare/figure_text.hpp"
#include "app/compare/html.hpp"
#include "app/compare/line_chart.hpp"
#include "app/compare/log_scale.hpp"

namespace rt {
namespace {

constexpr double kShortest = 1e-6;  // seconds that a logarithmic axis shows

double seconds(Histogram::Length length) {
  return std::max(kShortest, std::chrono::duration<double>(length).count());
}

// The parts of all messages that lie above each place of the axis: 24 for each power of ten.
std::vector<double> rests(std::uint64_t count) {
  constexpr int kSteps = 24;
  const double last = 1 / static_cast<double>(std::max<std::uint64_t>(count, 2));
  std::vector<double> out;
  for (double decade = 1; out.empty() || out.back() > last; decade /= 10)
    for (int step = 0; step < kSteps; ++step) {
      out.push_back(decade * (1 - 0.9 * step / kSteps));
      if (out.back() <= last) break;
    }
  out.back() = last;
  return out;
}

std::vector<LineChart::Tick> percentile_ticks(double decades) {
  constexpr std::pair<double, const char*> kTicks[] = {{0.5, "50 %"},     {0.1, "90 %"},
                                                       {0.01, "99 %"},    {1e-3, "99.9 %"},
                                                       {1e-4, "99.99 %"}, {1e-5, "99.999 %"}};
  std::vector<LineChart::Tick> out;
  for (const auto& [rest, text] : kTicks)
    if (const double at = -log10_of(rest) / decades; at <= 1) out.push_back({at, text});
  return out;
}

std::vector<LineChart::Tick> time_ticks(const LogScale& scale) {
  std::vector<LineChart::Tick> out;
  for (const double value : scale.ticks()) out.push_back({scale.at(value), axis_time(value)});
  return out;
}

std::string name_cell(const WayFigures& way) {
  return "<span class=\"name\">" + std::string(name_of(way.way)) +
         (way.behind() ? " <span class=\"behind-mark\" title=\"the machine was too busy\">?</span>"
                       : "") +
         "</span>";
}

std::string way_class(const WayFigures& way) {
  return "w-" + std::string(name_of(way.way));
}

std::string rectangle(std::string_view kind, double x, double y, double width, double height) {
  return "<rect class=\"" + std::string(kind) + "\" x=\"" + svg_number(x) + "\" y=\"" +
         svg_number(y) + "\" width=\"" + svg_number(width) + "\" height=\"" + svg_number(height) +
         "\"/>";
}

std::string stretched(double width, double height, const std::string& inside) {
  return "<svg viewBox=\"0 0 " + svg_number(width) + " " + svg_number(height) +
         "\" preserveAspectRatio=\"none\" aria-hidden=\"true\" focusable=\"false\">" + inside +
         "</svg>";
}

std::string vertical(double x, double height) {
  return "<path class=\"mark-line\" d=\"M" + svg_number(x) + " 0V" + svg_number(height) + "\"/>";
}

// Two figures of each way, one after the other, on a scale that begins at nothing.
struct Bars {
  Figure first;
  std::optional<Figure> second;
  Unit unit;
  double mark = 0;  // in the unit's base; 0: none
  std::string mark_text;
};

std::string bars(const std::vector<WayFigures>& ways, const Bars& what) {
  double most = what.mark;
  const auto median = [](const WayFigures& way, std::optional<Figure> figure) {
    const auto spread = figure ? way.spread(*figure) : std::nullopt;
    return spread ? spread->median : 0;
  };
  for (const WayFigures& way : ways)
    most = std::max(most, median(way, what.first) + median(way, what.second));
  if (most <= 0) return {};
  constexpr double kWidth = 1000, kHeight = 26, kTop = 6, kBar = 14;
  std::string out = "<div class=\"bars\">";
  if (what.mark > 0)
    out += "<div class=\"bar head\"><span></span><span class=\"scale\"><span style=\"left:" +
           percent_of(what.mark / most) + "\">" + html_text(what.mark_text) +
           "</span></span><span></span></div>";
  for (const WayFigures& way : ways) {
    if (!way.spread(what.first)) continue;
    const double first = median(way, what.first), second = median(way, what.second);
    const double end = kWidth * first / most;
    std::string drawing = rectangle("much", 0, kTop, end, kBar);
    if (second > 0) drawing += rectangle("more", end, kTop, kWidth * second / most, kBar);
    if (what.mark > 0) drawing += vertical(kWidth * what.mark / most, kHeight);
    std::string value = figure_number(first, what.unit);
    if (second > 0) value += " <i>+ " + figure_number(second, what.unit) + "</i>";
    out += "<div class=\"bar " + way_class(way) + "\">" + name_cell(way) +
           stretched(kWidth, kHeight, drawing) + "<span class=\"value num" +
           (way.behind() ? " is-behind" : "") + "\">" + value + "</span></div>";
  }
  return out + "</div>";
}

std::string bars_panel(std::string_view title, std::string_view note,
                       const std::vector<WayFigures>& ways, const Bars& what) {
  const std::string drawn = bars(ways, what);
  return drawn.empty() ? drawn : panel(title, note, drawn);
}

// Seconds at which an axis of so many has a number, at most eight.
double step_of(double length) {
  double step = 0.1;
  for (int i = 0; length / step > 8; ++i) step *= i % 3 == 1 ? 2.5 : 2;
  return step;
}

std::string strip(const WayFigures& way, const ReportConditions& conditions, double length,
                  double longest) {
  constexpr double kWidth = 1000, kHeight = 46, kLeast = 1.5;
  const std::vector<TimelinePart> parts = way.timeline();
  std::string drawing = rectangle("away", kWidth * conditions.cut_after / length, 0,
                                  kWidth * conditions.cut_for / length, kHeight);
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const TimelinePart& part = parts[i];
    const double from = part.from / length;
    const double to = i + 1 < parts.size() ? parts[i + 1].from / length : 1;
    const double width = kWidth * (to - from) * 0.82;
    if (part.delivered > 0) {
      const double high = std::max(kLeast, (kHeight - 6) * seconds(part.longest) / longest);
      drawing += rectangle("came", kWidth * from, kHeight - high, width, high);
    }
    if (part.expected > part.delivered) {
      const double high = kHeight * static_cast<double>(part.expected - part.delivered) /
                          static_cast<double>(part.expected);
      drawing += rectangle("lost", kWidth * from, kHeight - high, width, high);
    }
  }
  const auto lost = way.spread(Figure::lost), back = way.spread(Figure::back);
  std::string value = lost && lost->median > 0
                          ? "<b>" + figure_words(lost->median, Unit::percent) + " lost</b>"
                          : "nothing lost";
  if (back) value += ", back in " + axis_time(back->median);
  return "<div class=\"strip " + way_class(way) + "\">" + name_cell(way) +
         stretched(kWidth, kHeight, drawing) + "<span class=\"value num\">" + value +
         "</span></div>";
}

}  // namespace

std::string panel(std::string_view title, std::string_view note, const std::string& inside) {
  return "<section class=\"panel\"><h2>" + html_text(title) + "</h2>" +
         (note.empty() ? "" : "<p class=\"panel-note\">" + html_text(note) + "</p>") + inside +
         "</section>\n";
}

std::string latency_panel(const std::vector<WayFigures>& ways) {
  std::uint64_t count = 0;
  double least = 1e9, most = 0;
  std::vector<Histogram> latencies;
  for (const WayFigures& way : ways) {
    const Histogram& latency = latencies.emplace_back(way.latency());
    if (latency.count() == 0) continue;
    count = std::max(count, latency.count());
    least = std::min(least, seconds(latency.percentile(0)));
    most = std::max(most, seconds(latency.max()));
  }
  if (count == 0) return {};
  const LogScale scale(least, most);
  const std::vector<double> places = rests(count);
  const double decades = -log10_of(places.back());
  LineChart chart;
  chart.says = "Latency by percentile, a line for each way; the table below has the figures.";
  chart.figures_are = "99 % within";
  chart.up = time_ticks(scale);
  chart.along = percentile_ticks(decades);
  for (std::size_t i = 0; i < ways.size(); ++i) {
    if (latencies[i].count() == 0) continue;
    LineChart::Line line{.way = ways[i].way, .points = {}, .figure = {}};
    for (const double rest : places)
      line.points.emplace_back(-log10_of(rest) / decades,
                               scale.at(seconds(latencies[i].percentile(1 - rest))));
    line.figure = axis_time(seconds(latencies[i].percentile(0.99)));
    chart.lines.push_back(std::move(line));
  }
  return panel("Latency",
               "From the time at which a message should have left until a reader has all of it. To "
               "the right lie the few messages that took longest.",
               line_chart(chart));
}

std::string bytes_panel(const std::vector<WayFigures>& ways, std::size_t message_bytes) {
  return bars_panel("Bytes a message", "Down to a reader, and + up from it, heads included.", ways,
                    {.first = Figure::down_bytes,
                     .second = Figure::up_bytes,
                     .unit = Unit::bytes,
                     .mark = static_cast<double>(message_bytes),
                     .mark_text = "message"});
}

std::string cpu_panel(const std::vector<WayFigures>& ways) {
  return bars_panel(
      "CPU a message",
      "Microseconds of the server for each message that a reader had, and + of a client.", ways,
      {.first = Figure::cpu,
       .second = Figure::client_cpu,
       .unit = Unit::microseconds,
       .mark_text = {}});
}

std::string idle_panel(const std::vector<WayFigures>& ways) {
  return bars_panel(
      "Idle, bytes an hour",
      "For a reader to whom nothing is sent: heartbeats, pings, polls; down, and + up.", ways,
      {.first = Figure::idle_down,
       .second = Figure::idle_up,
       .unit = Unit::bytes,
       .mark_text = {}});
}

std::string memory_panel(const std::vector<WayFigures>& ways) {
  return bars_panel(
      "Server memory", "KiB for each reader.", ways,
      {.first = Figure::memory, .second = std::nullopt, .unit = Unit::kibibytes, .mark_text = {}});
}

std::string cut_panel(const std::vector<WayFigures>& ways, const ReportConditions& conditions) {
  if (conditions.cut_for <= 0) return {};
  double length = conditions.seconds, longest = 0;
  for (const WayFigures& way : ways)
    for (const TimelinePart& part : way.timeline())
      longest = std::max(longest, seconds(part.longest));
  if (longest <= 0) return {};
  length = std::max(length, conditions.cut_after + conditions.cut_for);
  std::string out =
      "<div class=\"strips\"><div class=\"strip head\"><span></span><span class=\"scale\"><span "
      "style=\"left:" +
      percent_of((conditions.cut_after + conditions.cut_for / 2) / length) + "\">cut for " +
      axis_time(conditions.cut_for) + "</span></span><span></span></div>";
  for (const WayFigures& way : ways)
    if (!way.timeline().empty()) out += strip(way, conditions, length, longest);
  out += "<div class=\"strip head foot\"><span></span><span class=\"scale num\">";
  const double step = step_of(length);
  for (int i = 0; step * i <= length * 1.0001; ++i)
    out += "<span style=\"left:" + percent_of(step * i / length) + "\">" + axis_time(step * i) +
           "</span>";
  return panel("The cut",
               "Each message at the time at which it should have left: the height is how late the "
               "last reader had it, up to " +
                   axis_time(longest) + "; red are those that did not come.",
               out + "</span><span></span></div></div>");
}

std::string table_cell(const WayFigures& way, const FigureRow& row, const RowBounds& bounds) {
  const auto spread = way.spread(row.figure);
  if (!spread) return "<td class=\"none\">–</td>";
  const bool best = !way.behind() && bounds.is_best(spread->median, row.unit);
  std::string out = way.behind() ? "<td class=\"is-behind\">"
                    : best       ? "<td class=\"best\">"
                                 : "<td>";
  out += figure_number(spread->median, row.unit) + (way.behind() ? "?" : "");
  const std::string least = figure_number(spread->least, row.unit);
  const std::string most = figure_number(spread->most, row.unit);
  if (least != most) out += "<small>" + least + "–" + most + "</small>";
  return out + "</td>";
}

std::string table_head(const std::vector<WayFigures>& ways) {
  std::string out = "<div class=\"scroll\"><table class=\"num\"><thead><tr><th></th>";
  for (const WayFigures& way : ways)
    out += "<th scope=\"col\" class=\"" + way_class(way) + "\"><b>" +
           std::string(name_of(way.way)) + "</b>" +
           (way.behind() ? " <span class=\"behind-mark\">?</span>" : "") + "</th>";
  return out + "</tr></thead><tbody>";
}

std::string table_panel(const std::vector<WayFigures>& ways) {
  std::string out = table_head(ways);
  for (const FigureRow& row : figure_rows()) {
    const bool any = std::any_of(ways.begin(), ways.end(), [&](const WayFigures& way) {
      return way.spread(row.figure).has_value();
    });
    if (!any) continue;
    const RowBounds bounds = bounds_of(ways, row.figure);
    out += "<tr><th scope=\"row\">" + html_text(row.label) +
           (row.computed ? " <span class=\"computed\">computed</span>" : "") + "</th>";
    for (const WayFigures& way : ways) out += table_cell(way, row, bounds);
    out += "</tr>";
  }
  return panel("All figures",
               "Medians of the rounds; below each the least and the most. Green is the best of a "
               "row. Bytes, CPU and requests are for each message that a reader had.",
               out + "</tbody></table></div>");
}

}  // namespace rt
