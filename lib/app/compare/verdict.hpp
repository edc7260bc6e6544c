#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "app/compare/figures.hpp"
#include "model/compared_need.hpp"

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
std::vector<Candidate> candidates_of(const std::vector<WayFigures>& ways);

struct Verdict {
  std::optional<ComparedWay> taken;
  std::vector<std::string> reasons;  // "unlike ws, it lost nothing"
  // Whole sentences: needs that are not met, what those that are cost, what else there would be.
  std::vector<std::string> notes;

  // "Take SSE: unlike ws it lost nothing; ... ." and the notes. Empty: nothing is to be said.
  std::string text() const;
};

// By rules that each leave out the ways that are worse in one point, the gravest first, until one
// is left. Nothing is taken of fewer than two; a need that none of them meets is told even then.
Verdict verdict(const std::vector<Candidate>& candidates,
                const std::vector<ComparedNeed>& needs = {});

}  // namespace rt
