#pragma once

#include <string>

#include "app/compare/figures.hpp"

namespace rt {

// Three digits, as people read them: "0.433", "27.0", "398", "12345", "120k".
std::string figure_number(double value);
// The same of a figure, in the unit of its row.
std::string figure_number(double value, Unit unit);
// With the unit: "1.21 ms", "27.0 us", "398 bytes", "5.00 %".
std::string figure_words(double value, Unit unit);
// For programs, nine digits.
std::string exact_number(double value);

// What two names and more are in a sentence: "ws, sse and mqtt0".
std::string listed(const std::vector<std::string_view>& names);

}  // namespace rt
