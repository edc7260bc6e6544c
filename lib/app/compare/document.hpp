#pragma once

#include <string>

#include "app/compare/report.hpp"

namespace rt {

inline constexpr unsigned kDocumentVersion = 1;

// The conditions in it: names, and values as JSON.
std::vector<std::pair<std::string, std::string>> condition_values(
    const ReportConditions& conditions);

// One JSON object with all that was measured, "version" kDocumentVersion, and a newline; rtrelay(1)
// describes it.
std::string compare_json(const CompareReport& report);

}  // namespace rt
