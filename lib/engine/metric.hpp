#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace rt {

// One figure of /-/metrics.
struct Metric {
  std::string_view name;  // without "rtwire_"
  std::string_view type;  // counter or gauge
  std::string_view help;
  std::uint64_t value = 0;
  std::string labels = {};  // with their braces, or none
};

}  // namespace rt
