#include "app/compare/document.hpp"

#include <algorithm>

#include "app/compare/figure_text.hpp"
#include "app/compare/needs.hpp"
#include "codec/json_string.hpp"

namespace rt {
namespace {

constexpr double kPercentiles[] = {0, 0.5, 0.75, 0.9, 0.95, 0.99, 0.995, 0.999, 0.9999, 1};

std::string quoted(std::string_view text) {
  std::string out = "\"";
  append_json_escaped(out, text);
  return out + '"';
}

// Appends to an object that is open.
void add(std::string& out, std::string_view key, const std::string& value) {
  if (out.back() != '{') out += ',';
  out += quoted(key) + ":" + value;
}

template <class List, class Text>
std::string array(const List& list, Text&& text) {
  std::string out = "[";
  for (const auto& one : list) {
    if (out.size() > 1) out += ',';
    out += text(one);
  }
  return out + "]";
}

bool is_idle(Figure figure) {
  return figure == Figure::idle_bytes || figure == Figure::idle_down || figure == Figure::idle_up;
}

std::string figure_json(const WayFigures& way, const FigureRow& row) {
  const Figure figure = row.figure;
  const auto spread = way.spread(figure);
  if (!spread) return "null";
  std::string out = "{";
  add(out, "median", exact_number(spread->median));
  add(out, "least", exact_number(spread->least));
  add(out, "most", exact_number(spread->most));
  // What was measured beside the rounds is of none of them.
  const bool of_rounds =
      std::any_of(way.rounds.begin(), way.rounds.end(),
                  [&](const RoundFigures& round) { return figure_of(round, figure).has_value(); });
  const auto of_round = [&](const RoundFigures& round) {
    const auto value = figure_of(round, figure);
    return value ? exact_number(*value) : std::string("null");
  };
  if (of_rounds) add(out, "rounds", array(way.rounds, of_round));
  if (row.computed || (is_idle(figure) && way.idle->computed)) add(out, "computed", "true");
  return out + "}";
}

double seconds(Histogram::Length length) {
  return std::chrono::duration<double>(length).count();
}

std::string latency_json(const Histogram& latency) {
  if (latency.count() == 0) return "[]";
  return array(kPercentiles, [&](double part) {
    return "[" + exact_number(part) + "," + exact_number(seconds(latency.percentile(part))) + "]";
  });
}

std::string part_json(const TimelinePart& part) {
  std::string out = "{";
  add(out, "from_seconds", exact_number(part.from));
  add(out, "expected", std::to_string(part.expected));
  add(out, "delivered", std::to_string(part.delivered));
  add(out, "longest_seconds", part.delivered > 0 ? exact_number(seconds(part.longest)) : "null");
  return out + "}";
}

std::string way_json(const WayFigures& way) {
  std::string out = "{";
  add(out, "way", quoted(name_of(way.way)));
  add(out, "behind", way.behind() ? "true" : "false");
  std::uint64_t sent = 0, expected = 0, delivered = 0, cut_expected = 0, cut_resumed = 0;
  for (const RoundFigures& round : way.rounds) {
    sent += round.sent;
    expected += round.expected;
    delivered += round.delivered;
    cut_expected += round.cut_expected;
    cut_resumed += round.cut_resumed;
  }
  add(out, "sent", std::to_string(sent));
  add(out, "expected", std::to_string(expected));
  add(out, "delivered", std::to_string(delivered));
  add(out, "cut_expected", std::to_string(cut_expected));
  add(out, "cut_resumed", std::to_string(cut_resumed));
  add(out, "idle_seconds", way.idle ? exact_number(way.idle->seconds) : "null");
  for (const FigureRow& figure : figure_rows()) add(out, figure.key, figure_json(way, figure));
  add(out, "latency", latency_json(way.latency()));
  add(out, "timeline", array(way.timeline(), part_json));
  return out + "}";
}

std::string optional_seconds(const ReportConditions& conditions, double value) {
  return conditions.cut_for > 0 ? exact_number(value) : "null";
}

std::string conditions_json(const ReportConditions& conditions) {
  std::string out = "{";
  for (const auto& [key, value] : condition_values(conditions)) add(out, key, value);
  return out + "}";
}

std::string machine_json(const ReportConditions& conditions) {
  std::string out = "{";
  add(out, "processor", quoted(conditions.processor));
  add(out, "processors", std::to_string(conditions.processors));
  add(out, "system", quoted(conditions.system));
  return out + "}";
}

std::string point_json(const SweepPoint& point) {
  const std::string said = point.verdict.text();
  std::string out = "{";
  add(out, "value", exact_number(point.value));
  add(out, "ways", array(point.ways, way_json));
  add(out, "take",
      point.verdict.taken ? quoted(name_of(*point.verdict.taken)) : std::string("null"));
  add(out, "verdict", said.empty() ? "null" : quoted(said));
  return out + "}";
}

std::string crossing_json(const Crossing& crossing) {
  std::string out = "{";
  add(out, "figure", quoted(row_of(crossing.figure).key));
  add(out, "at", exact_number(crossing.at));
  add(out, "below", quoted(name_of(crossing.below)));
  add(out, "above", quoted(name_of(crossing.above)));
  return out + "}";
}

std::string sweep_json(const std::optional<Sweep>& sweep) {
  if (!sweep) return "null";
  std::string out = "{";
  add(out, "of", quoted(name_of(sweep->of)));
  add(out, "points", array(sweep->points, point_json));
  add(out, "crossings", array(sweep->crossings, crossing_json));
  return out + "}";
}

std::string spread_json(const Spread& spread) {
  std::string out = "{";
  add(out, "median", exact_number(spread.median));
  add(out, "least", exact_number(spread.least));
  add(out, "most", exact_number(spread.most));
  return out + "}";
}

std::string change_json(const Change& change) {
  std::string out = "{";
  add(out, "way", quoted(name_of(change.way)));
  add(out, "figure", quoted(row_of(change.figure).key));
  add(out, "before", spread_json(change.before));
  add(out, "now", spread_json(change.now));
  add(out, "better", change.better() ? "true" : "false");
  return out + "}";
}

std::string changes_json(const std::optional<Changes>& changes) {
  if (!changes) return "null";
  std::string out = "{";
  add(out, "program", quoted(changes->program));
  add(out, "time", quoted(changes->time));
  add(out, "changes", array(changes->all, change_json));
  return out + "}";
}

std::string fit_json(ComparedNeed need, const std::vector<WayFigures>& ways) {
  std::vector<std::string_view> met;
  for (const WayFigures& way : ways)
    if (fit_of(need, way.way).fit != Fit::fails) met.push_back(name_of(way.way));
  std::string out = "{";
  add(out, "need", quoted(name_of(need)));
  add(out, "met_by", array(met, quoted));
  return out + "}";
}

}  // namespace

std::vector<std::pair<std::string, std::string>> condition_values(
    const ReportConditions& conditions) {
  const auto flag = [](bool value) { return std::string(value ? "true" : "false"); };
  return {
      {"message_bytes", std::to_string(conditions.message_bytes)},
      {"binary", flag(conditions.binary)},
      {"two_way", flag(conditions.two_way)},
      {"rate", conditions.swept == Swept::rate ? "null" : exact_number(conditions.rate)},
      {"readers", conditions.swept == Swept::readers ? "null" : std::to_string(conditions.readers)},
      {"publishers", std::to_string(conditions.publishers)},
      {"seconds", exact_number(conditions.seconds)},
      {"rounds", std::to_string(conditions.rounds)},
      {"network", quoted(conditions.network)},
      {"late_seconds", exact_number(conditions.late_seconds)},
      {"cut_after_seconds", optional_seconds(conditions, conditions.cut_after)},
      {"cut_for_seconds", optional_seconds(conditions, conditions.cut_for)},
      {"poll_every_seconds", exact_number(conditions.poll_every_seconds)}};
}

std::string compare_json(const CompareReport& report) {
  const ReportConditions& conditions = report.conditions;
  const std::string said = report.verdict.text();
  std::string out = "{";
  add(out, "version", std::to_string(kDocumentVersion));
  add(out, "program", quoted(conditions.program));
  add(out, "time", quoted(conditions.time));
  add(out, "command", quoted(conditions.command));
  add(out, "machine", machine_json(conditions));
  add(out, "conditions", conditions_json(conditions));
  add(out, "ways", array(report.ways, way_json));
  add(out, "needs",
      array(conditions.needs, [&](ComparedNeed need) { return fit_json(need, report.ways); }));
  add(out, "take",
      report.verdict.taken ? quoted(name_of(*report.verdict.taken)) : std::string("null"));
  add(out, "verdict", said.empty() ? "null" : quoted(said));
  add(out, "sweep", sweep_json(report.sweep));
  add(out, "against", changes_json(report.changes));
  return out + "}\n";
}

}  // namespace rt
