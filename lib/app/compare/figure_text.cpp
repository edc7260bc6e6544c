#include "app/compare/figure_text.hpp"

#include <cstdio>

namespace rt {

std::string figure_number(double value) {
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

std::string figure_number(double value, Unit unit) {
  return figure_number(value * per_unit(unit));
}

std::string figure_words(double value, Unit unit) {
  std::string number = figure_number(value, unit);
  switch (unit) {
    case Unit::percent:
      return number + " %";
    case Unit::seconds:
      return number + " s";
    case Unit::milliseconds:
      return number + " ms";
    case Unit::microseconds:
      return number + " us";
    case Unit::bytes:
      return number + " bytes";
    case Unit::kibibytes:
      return number + " KiB";
    case Unit::number:
      break;
  }
  return number;
}

std::string exact_number(double value) {
  char text[40];
  std::snprintf(text, sizeof text, "%.9g", value);
  return text;
}

std::string listed(const std::vector<std::string_view>& names) {
  std::string text;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (i > 0) text += i + 1 == names.size() ? " and " : ", ";
    text += names[i];
  }
  return text;
}

}  // namespace rt
