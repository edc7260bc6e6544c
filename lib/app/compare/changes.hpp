#pragma once

#include <string>
#include <vector>

#include "app/compare/figures.hpp"

namespace rt {

// What is different since an earlier report, beyond the spread of both.
struct Change {
  ComparedWay way = ComparedWay::sse;
  Figure figure = Figure::p50;
  Spread before;
  Spread now;

  bool better() const { return now.median < before.median; }
};

struct Changes {
  std::string program;  // that measured the earlier report
  std::string time;
  std::string other_processor;  // that it was measured on; empty: the same one
  std::vector<Change> all;      // way by way
  // Names of ways that are not compared, and why not: "ws (only here)".
  std::vector<std::string> left_out;
};

// The earlier report's time, then a line each: "  sse: bytes down a message: 225 -> 198, better by
// 12.0 %", or that nothing has changed.
std::string changes_text(const Changes& changes);
// Of one, without its way.
std::string change_words(const Change& change);
// "12.0 %", of what it was; empty: it was nothing.
std::string change_percent(const Change& change);

}  // namespace rt
