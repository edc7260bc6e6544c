#pragma once

#include <string>

#include "app/compare/report.hpp"

namespace rt {

// The report for people: one HTML document that needs nothing beside it and runs no script. All
// that came from outside is text in it.
std::string compare_page(const CompareReport& report);

}  // namespace rt
