#pragma once

#include <string>
#include <vector>

#include "app/compare/figures.hpp"

namespace rt {

struct ReportConditions {
  std::size_t message_bytes = 0;
  double rate = 0;  // messages a second
  std::size_t readers = 0;
  std::size_t publishers = 0;
  double seconds = 0;  // each way in a round
  std::size_t rounds = 0;
  std::string network;  // "rtt=80ms,down=2mbit", "none"
  double late_seconds = 0;
  double cut_after = 0;  // seconds; 0: there was none
  double cut_for = 0;
};

// A line a figure and a column a way, the best of each line marked with *, a way whose messages
// did not leave in time with ?. `wide`: all figures, each with its least and its most. With a
// newline at the end.
std::string compare_table(const std::vector<WayFigures>& ways, bool wide);

// One JSON object, "version" 1, and a newline.
std::string compare_json(const ReportConditions& conditions, const std::vector<WayFigures>& ways,
                         const std::string& verdict);

}  // namespace rt
