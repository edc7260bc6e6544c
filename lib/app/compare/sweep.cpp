#include "app/compare/sweep.hpp"

#include <algorithm>
#include <optional>

#include "app/compare/figure_text.hpp"
#include "app/compare/log_scale.hpp"
#include "app/compare/report.hpp"

namespace rt {
namespace {

constexpr Figure kFigures[] = {Figure::p99, Figure::lost,       Figure::down_bytes,
                               Figure::cpu, Figure::client_cpu, Figure::memory};

constexpr double kLeast = 1e-12;  // has a logarithm

// Of ways whose figures are good.
std::optional<Spread> good_spread(const SweepPoint& point, ComparedWay way, Figure figure) {
  for (const WayFigures& one : point.ways)
    if (one.way == way && !one.behind()) return one.spread(figure);
  return std::nullopt;
}

bool clearly_less(const Spread& a, const Spread& b) {
  return a.most < b.least;
}

std::optional<ComparedWay> best_at(const SweepPoint& point, Figure figure) {
  std::optional<ComparedWay> best;
  std::optional<double> least;
  for (const WayFigures& way : point.ways) {
    const auto spread = good_spread(point, way.way, figure);
    if (!spread || (least && spread->median >= *least)) continue;
    least = spread->median;
    best = way.way;
  }
  return best;
}

// The value at which two lines cross that go straight between logarithms. By halves: the library
// goes without exp().
double crossing_at(double x1, double x2, const Spread& a1, const Spread& a2, const Spread& b1,
                   const Spread& b2) {
  const auto log_of = [](double value) { return log10_of(std::max(value, kLeast)); };
  const double before = log_of(b1.median) - log_of(a1.median);  // a is the less
  const double after = log_of(a2.median) - log_of(b2.median);
  const double part = before / (before + after);
  const double wanted = log10_of(x1) + part * (log10_of(x2) - log10_of(x1));
  double low = x1, high = x2;
  for (int i = 0; i < 60; ++i) {
    const double middle = (low + high) / 2;
    (log10_of(middle) < wanted ? low : high) = middle;
  }
  return low;
}

// Between points[first] and the next one where another way is clearly the best.
std::optional<Crossing> crossing_after(const std::vector<SweepPoint>& points, std::size_t first,
                                       Figure figure) {
  const auto below = best_at(points[first], figure);
  if (!below) return std::nullopt;
  for (std::size_t next = first + 1; next < points.size(); ++next) {
    const auto above = best_at(points[next], figure);
    if (!above || *above == *below) continue;
    const auto a1 = good_spread(points[first], *below, figure);
    const auto b1 = good_spread(points[first], *above, figure);
    const auto a2 = good_spread(points[next], *below, figure);
    const auto b2 = good_spread(points[next], *above, figure);
    if (!a1 || !b1 || !a2 || !b2) continue;
    if (!clearly_less(*a1, *b1) || !clearly_less(*b2, *a2)) continue;
    Crossing out{.figure = figure,
                 .at = crossing_at(points[first].value, points[next].value, *a1, *a2, *b1, *b2),
                 .below = *below,
                 .above = *above};
    for (const SweepPoint& point : points) {
      const auto a = good_spread(point, *below, figure), b = good_spread(point, *above, figure);
      if (!a || !b || !(a->median > 0)) continue;
      out.last = point.value;
      out.less = 1 - b->median / a->median;
    }
    return out;
  }
  return std::nullopt;
}

std::string value_text(double value) {
  return exact_number(value);
}

}  // namespace

std::span<const Figure> swept_figures() {
  return kFigures;
}

const FigureRow& row_of(Figure figure) {
  const auto rows = figure_rows();
  return *std::find_if(rows.begin(), rows.end() - 1,
                       [&](const FigureRow& row) { return row.figure == figure; });
}

std::vector<Crossing> crossings_of(const std::vector<SweepPoint>& points) {
  std::vector<Crossing> out;
  for (const Figure figure : kFigures)
    for (std::size_t i = 0; i < points.size(); ++i) {
      const auto found = crossing_after(points, i, figure);
      if (!found) continue;
      // The same one, from a value that is nearer to it.
      const bool again = !out.empty() && out.back().figure == figure &&
                         out.back().below == found->below && out.back().above == found->above;
      if (again) out.pop_back();
      out.push_back(*found);
    }
  return out;
}

std::string crossing_words(const Crossing& crossing, Swept of) {
  std::string out = std::string(row_of(crossing.figure).label) + ": " +
                    std::string(name_of(crossing.below)) + " is the best up to about " +
                    figure_number(crossing.at) + " " + std::string(words_of(of)) + ", " +
                    std::string(name_of(crossing.above)) + " above";
  if (crossing.less > 0)
    out += "; at " + value_text(crossing.last) + " it takes " + figure_number(100 * crossing.less) +
           " % less";
  return out + ".";
}

std::string sweep_tables(const Sweep& sweep, std::size_t columns) {
  std::string out;
  for (const Figure figure : kFigures) {
    const FigureRow& row = row_of(figure);
    std::vector<std::vector<std::string>> rows{{std::string(row.label)}};
    for (const WayFigures& way : sweep.points.front().ways)
      rows[0].push_back(std::string(name_of(way.way)) + " ");
    bool any = false;
    for (const SweepPoint& point : sweep.points) {
      const RowBounds bounds = bounds_of(point.ways, figure);
      any = any || bounds.least;
      auto& line = rows.emplace_back();
      line.push_back("  " + std::string(name_of(sweep.of)) + " " + value_text(point.value));
      for (const WayFigures& way : point.ways) line.push_back(figure_cell(way, row, bounds));
    }
    if (any) out += (out.empty() ? "" : "\n") + text_table(rows, columns);
  }
  return out;
}

std::vector<std::string> sweep_sentences(const Sweep& sweep) {
  std::vector<std::string> out;
  for (const SweepPoint& point : sweep.points) {
    const std::string said = point.verdict.text();
    if (!said.empty())
      out.push_back(std::string(name_of(sweep.of)) + " " + value_text(point.value) + ": " + said);
  }
  for (const Crossing& crossing : sweep.crossings)
    out.push_back(crossing_words(crossing, sweep.of));
  if (sweep.crossings.empty()) out.push_back("No lines cross beyond the spread of the rounds.");
  return out;
}

}  // namespace rt
