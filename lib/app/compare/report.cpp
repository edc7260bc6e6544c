#include "app/compare/report.hpp"

#include <algorithm>

#include "app/compare/figure_text.hpp"

namespace rt {
namespace {

using Row = std::vector<std::string>;
enum class Detail : std::uint8_t { medians, spreads, ranges };

// "~3%", "0-10" or nothing.
std::string spread_text(const Spread& spread, Unit unit, Detail detail) {
  if (detail == Detail::medians || !(spread.most > spread.least)) return {};
  const std::string least = figure_number(spread.least, unit);
  const std::string most = figure_number(spread.most, unit);
  if (least == most) return {};
  const auto percent = spread_percent(spread);
  if (detail == Detail::spreads && percent && *percent < 100)
    return " ~" + std::to_string(*percent) + "%";
  return " (" + least + "-" + most + ")";
}

std::string cell(const WayFigures& way, const FigureRow& figure, const RowBounds& bounds,
                 Detail detail) {
  const auto spread = way.spread(figure.figure);
  if (!spread) return "-";
  const bool best = bounds.is_best(spread->median, figure.unit);
  const char* const mark = way.behind() ? "?" : best ? "*" : " ";
  return figure_number(spread->median, figure.unit) + spread_text(*spread, figure.unit, detail) +
         mark;
}

Row row_of(const std::vector<WayFigures>& ways, const FigureRow& figure, Detail detail) {
  const RowBounds bounds = bounds_of(ways, figure.figure);
  Row row{std::string(figure.label)};
  for (const WayFigures& way : ways) row.push_back(cell(way, figure, bounds, detail));
  return row;
}

std::vector<Row> rows_of(const std::vector<WayFigures>& ways, bool wide, Detail detail) {
  Row head{""};
  for (const WayFigures& way : ways) head.push_back(std::string(name_of(way.way)) + " ");
  std::vector<Row> rows{head};
  for (const FigureRow& figure : figure_rows()) {
    if (!figure.always && !wide) continue;
    const bool any = std::any_of(ways.begin(), ways.end(), [&](const WayFigures& way) {
      return way.spread(figure.figure).has_value();
    });
    if (any) rows.push_back(row_of(ways, figure, detail));
  }
  return rows;
}

std::vector<std::size_t> widths_of(const std::vector<Row>& rows) {
  std::vector<std::size_t> widths(rows.front().size());
  for (const Row& row : rows)
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  return widths;
}

std::size_t total(const std::vector<std::size_t>& widths) {
  // A space before each column but the first; the last one's mark may be a space.
  std::size_t out = widths.size() - 1;
  for (const std::size_t width : widths) out += width;
  return out;
}

// The labels and the columns [from, to).
void append_block(std::string& out, const std::vector<Row>& rows,
                  const std::vector<std::size_t>& widths, std::size_t from, std::size_t to) {
  for (const Row& row : rows) {
    std::string line = row[0] + std::string(widths[0] - row[0].size(), ' ');
    for (std::size_t i = from; i < to; ++i)
      line += " " + std::string(widths[i] - row[i].size(), ' ') + row[i];
    line.erase(line.find_last_not_of(' ') + 1);
    out += line + "\n";
  }
}

}  // namespace

bool RowBounds::is_best(double median, Unit unit) const {
  if (!least) return false;
  const std::string best = figure_number(*least, unit);
  return best != figure_number(*most, unit) && best == figure_number(median, unit);
}

RowBounds bounds_of(const std::vector<WayFigures>& ways, Figure figure) {
  RowBounds out;
  for (const WayFigures& way : ways) {
    const auto spread = way.spread(figure);
    if (!spread || way.behind()) continue;
    out.least = std::min(out.least.value_or(spread->median), spread->median);
    out.most = std::max(out.most.value_or(spread->median), spread->median);
  }
  return out;
}

std::optional<unsigned> spread_percent(const Spread& spread) {
  const double away = std::max(spread.most - spread.median, spread.median - spread.least);
  if (!(spread.median > 0) || !(away > 0)) return std::nullopt;
  const double percent = std::min(100 * away / spread.median, 1e6);
  const auto whole = static_cast<unsigned>(percent);
  return whole + 1e-6 < percent ? whole + 1 : whole;
}

std::string figure_cell(const WayFigures& way, const FigureRow& figure, const RowBounds& bounds) {
  return cell(way, figure, bounds, Detail::spreads);
}

std::string text_table(const std::vector<std::vector<std::string>>& rows, std::size_t columns) {
  const std::vector<std::size_t> widths = widths_of(rows);
  std::string out;
  for (std::size_t from = 1; from < widths.size();) {
    std::size_t to = from, width = widths[0];
    while (to < widths.size() && (to == from || width + 1 + widths[to] <= columns))
      width += 1 + widths[to++];
    if (from > 1) out += "\n";
    append_block(out, rows, widths, from, to);
    from = to;
  }
  return out;
}

std::string compare_table(const std::vector<WayFigures>& ways, bool wide, std::size_t columns) {
  const std::vector<Row> rows = rows_of(ways, wide, wide ? Detail::ranges : Detail::spreads);
  const bool fits = wide || total(widths_of(rows)) <= columns;
  return text_table(fits ? rows : rows_of(ways, wide, Detail::medians), columns);
}

}  // namespace rt
