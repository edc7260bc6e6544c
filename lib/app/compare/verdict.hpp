#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "app/compare/figures.hpp"

namespace rt {

// What the rules look at.
struct Candidate {
  ComparedWay way = ComparedWay::sse;
  double lost = 0;      // per cent
  double late = 0;      // per cent
  double p99 = 0;       // seconds
  double bytes = 0;     // down and up, a message
  double cpu = 0;       // of the server, seconds a message; 0: not known
  bool behind = false;  // its figures are not good
};
// Nothing of a way by which no message came.
std::optional<Candidate> candidate_of(const WayFigures& way);

// "Take SSE: unlike ws it lost nothing; ..." by rules that each leave out the ways that are worse
// in one point, the gravest first, until one is left. Empty: there is nothing to choose from.
std::string verdict(const std::vector<Candidate>& candidates);

}  // namespace rt
