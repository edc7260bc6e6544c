#include "app/compare/against.hpp"

#include <algorithm>
#include <cstdlib>
#include <set>

#include "app/compare/document.hpp"
#include "app/compare/figure_text.hpp"
#include "base/text.hpp"
#include "codec/json_string.hpp"

namespace rt {
namespace {

Error no_report(const std::string& why) {
  return Error(Fault::usage, why);
}

std::string string_of(const std::map<std::string, std::string>& values, const std::string& key) {
  const auto found = values.find(key);
  if (found == values.end() || found->second.size() < 2 || found->second.front() != '"') return {};
  return printable(json_unescaped(found->second.substr(1, found->second.size() - 2)), 200);
}

double number_of(const std::string& json) {
  return std::strtod(json.c_str(), nullptr);
}

// The parts of "/ways/2/down_bytes/median".
void take_figure(const std::vector<std::string_view>& parts, const std::string& json,
                 std::map<std::string, Spread>& figures) {
  if (parts.size() != 5) return;
  Spread& spread = figures[std::string(parts[3])];
  if (parts[4] == "median") spread.median = number_of(json);
  if (parts[4] == "least") spread.least = number_of(json);
  if (parts[4] == "most") spread.most = number_of(json);
}

void take_ways(const std::vector<PlacedValue>& values, EarlierReport& out) {
  std::map<std::string, std::string> names;  // by their places
  std::map<std::string, std::map<std::string, Spread>> figures;
  for (const PlacedValue& value : values) {
    const std::vector<std::string_view> parts = split(value.pointer, '/');
    if (parts.size() < 4 || parts[1] != "ways") continue;
    const std::string place(parts[2]);
    if (parts[3] == "way" && value.json.size() > 2)
      names[place] = value.json.substr(1, value.json.size() - 2);
    else if (parts[3] == "behind" && value.json == "true")
      out.behind.push_back(place);
    else
      take_figure(parts, value.json, figures[place]);
  }
  for (std::string& place : out.behind) place = names[place];
  for (const auto& [place, name] : names) out.ways[name] = figures[place];
}

// A condition is called what the option is that decides it.
struct Condition {
  const char* key;
  const char* words;
};
constexpr Condition kConditions[] = {
    {"message_bytes", "message bytes"},
    {"binary", "binary"},
    {"two_way", "two-way"},
    {"rate", "rate"},
    {"readers", "readers"},
    {"publishers", "publishers"},
    {"seconds", "seconds (--for)"},
    {"network", "network"},
    {"late_seconds", "late"},
    {"cut_after_seconds", "cut after"},
    {"cut_for_seconds", "cut for"},
    {"poll_every_seconds", "poll-every"},
};

std::string without_quotes(const std::string& json) {
  return json.size() > 1 && json.front() == '"' ? json.substr(1, json.size() - 2) : json;
}

// Nine digits are written of each.
bool beyond(const Spread& before, const Spread& now) {
  const double away =
      now.median > before.median ? now.median - before.median : before.median - now.median;
  const double rounding = 1e-8 * std::max(before.median, now.median);
  return away > (before.most - before.least) + (now.most - now.least) + rounding;
}

bool of_rounds(const WayFigures& way, Figure figure) {
  return std::any_of(way.rounds.begin(), way.rounds.end(), [&](const RoundFigures& round) {
    return figure_of(round, figure).has_value();
  });
}

}  // namespace

Result<EarlierReport> read_report(std::string_view json, JsonPicker& picker) {
  std::vector<PlacedValue> values;
  if (!picker.flatten(json, values)) return no_report("not a report of rtrelay compare: no JSON");
  std::map<std::string, std::string> top;
  EarlierReport out;
  constexpr std::string_view kConditionsPlace = "/conditions/";
  for (const PlacedValue& value : values) {
    top.emplace(value.pointer, value.json);
    if (value.pointer.starts_with(kConditionsPlace))
      out.conditions[value.pointer.substr(kConditionsPlace.size())] = value.json;
  }
  const auto version = top.find("/version");
  if (version == top.end() || out.conditions.empty())
    return no_report("not a report of rtrelay compare");
  if (version->second != std::to_string(kDocumentVersion))
    return no_report("a report of version " + printable(version->second, 20) +
                     ", and this program reads version " + std::to_string(kDocumentVersion));
  out.program = string_of(top, "/program");
  out.time = string_of(top, "/time");
  out.processor = string_of(top, "/machine/processor");
  if (top.contains("/sweep/of"))
    return no_report("a report of a sweep, which is not compared with one of a single plan");
  take_ways(values, out);
  return out;
}

Result<void> check_same_plan(const EarlierReport& earlier, const ReportConditions& conditions,
                             const std::vector<ComparedWay>& ways) {
  const auto values = condition_values(conditions);
  const std::map<std::string, std::string> now(values.begin(), values.end());
  std::string differences;
  for (const Condition& condition : kConditions) {
    const auto before = earlier.conditions.find(condition.key);
    const std::string then =
        before == earlier.conditions.end() ? "unknown" : without_quotes(before->second);
    const std::string here = without_quotes(now.at(condition.key));
    if (then == here) continue;
    differences += (differences.empty() ? "" : ", ") + std::string(condition.words) + " " +
                   printable(then) + " there and " + here + " here";
  }
  if (!differences.empty()) return no_report("it was measured with another plan: " + differences);
  const auto rounds = earlier.conditions.find("rounds");
  if (conditions.rounds < 2 || rounds == earlier.conditions.end() || number_of(rounds->second) < 2)
    return no_report("one round has no spread: both have to be measured with --rounds 2 or more");
  const bool any = std::any_of(ways.begin(), ways.end(), [&](ComparedWay way) {
    return earlier.ways.contains(std::string(name_of(way)));
  });
  if (!any) return no_report("none of its ways is measured here");
  return {};
}

Changes changes_since(const EarlierReport& earlier, const CompareReport& now) {
  Changes out;
  out.program = earlier.program;
  out.time = earlier.time;
  if (earlier.processor != now.conditions.processor)
    out.other_processor = earlier.processor.empty() ? "another one" : earlier.processor;
  std::set<std::string> seen;
  for (const WayFigures& way : now.ways) {
    const std::string name(name_of(way.way));
    seen.insert(name);
    const auto before = earlier.ways.find(name);
    const bool busy = way.behind() || std::find(earlier.behind.begin(), earlier.behind.end(),
                                                name) != earlier.behind.end();
    if (before == earlier.ways.end() || busy) {
      out.left_out.push_back(name + (busy ? " (the machine was too busy)" : " (only here)"));
      continue;
    }
    for (const FigureRow& row : figure_rows()) {
      const auto then = before->second.find(std::string(row.key));
      const auto spread = way.spread(row.figure);
      if (then == before->second.end() || !spread || !of_rounds(way, row.figure)) continue;
      if (beyond(then->second, *spread))
        out.all.push_back({way.way, row.figure, then->second, *spread});
    }
  }
  for (const auto& [name, figures] : earlier.ways)
    if (!seen.contains(name)) out.left_out.push_back(name + " (only there)");
  return out;
}

}  // namespace rt
