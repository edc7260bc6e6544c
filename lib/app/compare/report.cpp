#include "app/compare/report.hpp"

#include <algorithm>
#include <cstdio>
#include <optional>

#include "codec/json_string.hpp"

namespace rt {
namespace {

// What a table shows of a figure is in a unit of its own.
double scale_of(Figure figure) {
  switch (figure) {
    case Figure::p50:
    case Figure::p90:
    case Figure::p99:
    case Figure::p999:
    case Figure::max:
    case Figure::first:
      return 1e3;
    case Figure::cpu:
    case Figure::client_cpu:
      return 1e6;
    case Figure::memory:
      return 1.0 / 1024;
    default:
      return 1;
  }
}

std::string number(double value) {
  char text[40];
  const char* unit = "";
  if (value >= 99'950) {
    unit = value >= 99'950'000 ? "M" : "k";
    value /= value >= 99'950'000 ? 1e6 : 1e3;
  }
  int decimals = value >= 99.95 ? 0 : value >= 9.995 ? 1 : value >= 0.9995 ? 2 : 3;
  if (value == 0) decimals = 0;
  std::snprintf(text, sizeof text, "%.*f%s", decimals, value, unit);
  return text;
}

std::string exact(double value) {
  char text[40];
  std::snprintf(text, sizeof text, "%.9g", value);
  return text;
}

using Row = std::vector<std::string>;

std::string cell(const WayFigures& way, Figure figure, bool wide, double best, bool distinct) {
  const auto spread = way.spread(figure);
  if (!spread) return "-";
  const double scale = scale_of(figure);
  std::string text = number(spread->median * scale);
  if (wide && spread->most > spread->least)
    text += " (" + number(spread->least * scale) + "-" + number(spread->most * scale) + ")";
  const bool is_best = distinct && number(best * scale) == number(spread->median * scale);
  return text + (way.behind() ? "?" : is_best ? "*" : " ");
}

Row row_of(const std::vector<WayFigures>& ways, const FigureRow& figure, bool wide) {
  std::optional<double> least, most;
  for (const WayFigures& way : ways) {
    const auto spread = way.spread(figure.figure);
    if (!spread || way.behind()) continue;
    least = std::min(least.value_or(spread->median), spread->median);
    most = std::max(most.value_or(spread->median), spread->median);
  }
  const double scale = scale_of(figure.figure);
  const bool distinct = least && number(*least * scale) != number(*most * scale);
  Row row{std::string(figure.label)};
  for (const WayFigures& way : ways)
    row.push_back(cell(way, figure.figure, wide, least.value_or(0), distinct));
  return row;
}

void add_number(std::string& out, std::string_view key, const std::string& value) {
  if (out.back() != '{') out += ',';
  out += '"' + std::string(key) + "\":" + value;
}

std::string quoted(std::string_view text) {
  std::string out = "\"";
  append_json_escaped(out, text);
  return out + '"';
}

void add_way(std::string& out, const WayFigures& way) {
  out +=
      "{\"way\":" + quoted(name_of(way.way)) + ",\"behind\":" + (way.behind() ? "true" : "false");
  std::uint64_t sent = 0, expected = 0, delivered = 0;
  for (const RoundFigures& round : way.rounds) {
    sent += round.sent;
    expected += round.expected;
    delivered += round.delivered;
  }
  add_number(out, "sent", std::to_string(sent));
  add_number(out, "expected", std::to_string(expected));
  add_number(out, "delivered", std::to_string(delivered));
  for (const FigureRow& figure : figure_rows()) {
    const auto spread = way.spread(figure.figure);
    std::string value = "null";
    if (spread)
      value = "{\"median\":" + exact(spread->median) + ",\"least\":" + exact(spread->least) +
              ",\"most\":" + exact(spread->most) + "}";
    add_number(out, figure.key, value);
  }
  out += '}';
}

}  // namespace

std::string compare_table(const std::vector<WayFigures>& ways, bool wide) {
  std::vector<Row> rows;
  Row head{""};
  for (const WayFigures& way : ways) head.push_back(std::string(name_of(way.way)) + " ");
  rows.push_back(head);
  for (const FigureRow& figure : figure_rows()) {
    if (!figure.always && !wide) continue;
    const bool any = std::any_of(ways.begin(), ways.end(), [&](const WayFigures& way) {
      return way.spread(figure.figure).has_value();
    });
    if (any) rows.push_back(row_of(ways, figure, wide));
  }
  std::vector<std::size_t> widths(head.size());
  for (const Row& row : rows)
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  std::string out;
  for (const Row& row : rows) {
    std::string line = row[0] + std::string(widths[0] - row[0].size(), ' ');
    for (std::size_t i = 1; i < row.size(); ++i)
      line += " " + std::string(widths[i] - row[i].size(), ' ') + row[i];
    line.erase(line.find_last_not_of(' ') + 1);
    out += line + "\n";
  }
  return out;
}

std::string compare_json(const ReportConditions& conditions, const std::vector<WayFigures>& ways,
                         const std::string& verdict) {
  std::string out = "{\"version\":1,\"program\":" + quoted("rtrelay " RT_VERSION);
  out += ",\"conditions\":{";
  add_number(out, "message_bytes", std::to_string(conditions.message_bytes));
  add_number(out, "rate", exact(conditions.rate));
  add_number(out, "readers", std::to_string(conditions.readers));
  add_number(out, "publishers", std::to_string(conditions.publishers));
  add_number(out, "seconds", exact(conditions.seconds));
  add_number(out, "rounds", std::to_string(conditions.rounds));
  add_number(out, "network", quoted(conditions.network));
  add_number(out, "late_seconds", exact(conditions.late_seconds));
  add_number(out, "cut_after_seconds",
             conditions.cut_for > 0 ? exact(conditions.cut_after) : "null");
  add_number(out, "cut_for_seconds", conditions.cut_for > 0 ? exact(conditions.cut_for) : "null");
  out += "},\"ways\":[";
  for (std::size_t i = 0; i < ways.size(); ++i) {
    if (i > 0) out += ',';
    add_way(out, ways[i]);
  }
  out += "],\"verdict\":" + (verdict.empty() ? "null" : quoted(verdict)) + "}\n";
  return out;
}

}  // namespace rt
