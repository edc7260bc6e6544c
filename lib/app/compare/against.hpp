#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "app/compare/report.hpp"
#include "base/result.hpp"
#include "codec/json_picker.hpp"

namespace rt {

// A report of an earlier run, as --stats-json wrote it.
struct EarlierReport {
  std::string program;
  std::string time;
  std::string processor;
  std::map<std::string, std::string> conditions;              // by name, as they stand in it
  std::map<std::string, std::map<std::string, Spread>> ways;  // by their names and those of figures
  std::vector<std::string> behind;                            // names of ways
};

// Errors (usage): it is no such report, or of another version.
Result<EarlierReport> read_report(std::string_view json, JsonPicker& picker);

// Errors (usage) name each condition that differs, with both values, or say that no way is in both,
// or that one of both has a single round and so no spread.
Result<void> check_same_plan(const EarlierReport& earlier, const ReportConditions& conditions,
                             const std::vector<ComparedWay>& ways);

// What differs by more than the spreads of both together. What was measured once has none, and says
// nothing.
Changes changes_since(const EarlierReport& earlier, const CompareReport& now);

}  // namespace rt
