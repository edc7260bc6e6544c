#include "app/compare/line_chart.hpp"

#include <algorithm>
#include <cstddef>
#include <numeric>

#include "app/compare/html.hpp"

namespace rt {
namespace {

constexpr double kWidth = 1000;  // of the drawing, which is stretched to the page's
constexpr double kLabel = 17;    // pixels from one label to the next

std::string way_class(ComparedWay way) {
  return "w-" + std::string(name_of(way));
}

std::string svg(double width, unsigned height, const std::string& inside) {
  return "<svg viewBox=\"0 0 " + svg_number(width) + " " + std::to_string(height) +
         "\" preserveAspectRatio=\"none\" style=\"height:" + std::to_string(height) +
         "px\" aria-hidden=\"true\" focusable=\"false\">" + inside + "</svg>";
}

std::string segment(std::string_view kind, double x1, double y1, double x2, double y2) {
  return "<path class=\"" + std::string(kind) + "\" d=\"M" + svg_number(x1) + " " + svg_number(y1) +
         "L" + svg_number(x2) + " " + svg_number(y2) + "\"/>";
}

std::string grid(const LineChart& chart) {
  std::string out;
  const double height = chart.height;
  for (const LineChart::Tick& tick : chart.up)
    out += segment("grid", 0, height * (1 - tick.at), kWidth, height * (1 - tick.at));
  for (const LineChart::Tick& tick : chart.along)
    out += segment("grid", kWidth * tick.at, 0, kWidth * tick.at, height);
  return out + segment("base", 0, height, kWidth, height);
}

std::string drawn(const LineChart& chart, const LineChart::Line& line) {
  std::string path, dots;
  for (const auto& [x, y] : line.points) {
    const std::string place = svg_number(kWidth * x) + " " + svg_number(chart.height * (1 - y));
    path += (path.empty() ? "M" : "L") + place;
    // A line without a length, with round ends: a circle that is not stretched.
    if (line.dots) dots += "<path class=\"dot\" d=\"M" + place + "h0\"/>";
  }
  return "<g class=\"" + way_class(line.way) + "\"><path class=\"line\" d=\"" + path + "\"/>" +
         dots + "</g>";
}

std::string ticks_up(const LineChart& chart) {
  std::string out = "<div class=\"ticks up num\">";
  for (const LineChart::Tick& tick : chart.up)
    out += "<span style=\"top:" + svg_number(chart.height * (1 - tick.at)) + "px\">" +
           html_text(tick.text) + "</span>";
  return out + "</div>";
}

std::string ticks_along(const LineChart& chart) {
  std::string out = "<div class=\"ticks along num\">";
  for (const LineChart::Tick& tick : chart.along)
    out += "<span style=\"left:" + percent_of(tick.at) + "\">" + html_text(tick.text) + "</span>";
  return out + "</div>";
}

}  // namespace

std::vector<double> spread_out(std::vector<double> places, double apart, double height) {
  std::vector<std::size_t> order(places.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return places[a] < places[b]; });
  // Groups of neighbours that touch share the mean of what they would like.
  struct Group {
    double wish;  // the sum of the first one's places that its members would like
    std::size_t from, many;

    double first() const { return wish / static_cast<double>(many); }
  };
  const auto kept = [&](const Group& group) {
    const double length = apart * static_cast<double>(group.many - 1);
    return std::max(0.0, std::min(group.first(), height - length));
  };
  std::vector<Group> groups;
  for (std::size_t i = 0; i < order.size(); ++i) {
    groups.push_back({places[order[i]], i, 1});
    while (groups.size() > 1) {
      const Group last = groups.back();
      Group& before = groups[groups.size() - 2];
      if (kept(before) + apart * static_cast<double>(before.many) <= kept(last)) break;
      before.wish +=
          last.wish - static_cast<double>(last.many) * apart * static_cast<double>(before.many);
      before.many += last.many;
      groups.pop_back();
    }
  }
  for (const Group& group : groups)
    for (std::size_t i = 0; i < group.many; ++i)
      places[order[group.from + i]] = kept(group) + apart * static_cast<double>(i);
  return places;
}

std::string line_chart(const LineChart& chart) {
  const double height = chart.height;
  std::string lines = grid(chart), leads, labels;
  std::vector<double> ends;
  for (const LineChart::Line& line : chart.lines) {
    lines += drawn(chart, line);
    ends.push_back(height * (1 - line.points.back().second));
  }
  const std::vector<double> places = spread_out(ends, kLabel, height);
  for (std::size_t i = 0; i < chart.lines.size(); ++i) {
    const LineChart::Line& line = chart.lines[i];
    const std::string of = way_class(line.way);
    leads += "<g class=\"" + of + "\">" + segment("lead", 2, ends[i], 26, places[i]) + "</g>";
    labels += "<span class=\"" + of + "\" style=\"top:" + svg_number(places[i]) + "px\"><b>" +
              std::string(name_of(line.way)) + "</b><i class=\"num\">" + html_text(line.figure) +
              "</i></span>";
  }
  return "<figure class=\"plot\" role=\"img\" aria-label=\"" + html_text(chart.says) + "\">" +
         ticks_up(chart) + "<div class=\"area\">" + svg(kWidth, chart.height, lines) +
         ticks_along(chart) + "</div><div>" + svg(26, chart.height, leads) +
         "</div><div><div class=\"ends\" style=\"height:" + std::to_string(chart.height) + "px\">" +
         labels + "</div><div class=\"ends-head\">" + html_text(chart.figures_are) +
         "</div></div></figure>\n";
}

}  // namespace rt
