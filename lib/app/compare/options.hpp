#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "app/compare/against.hpp"
#include "app/compare/load.hpp"
#include "base/clock.hpp"
#include "io/stdio/report_file.hpp"
#include "model/compared_need.hpp"
#include "model/compared_way.hpp"
#include "model/network_conditions.hpp"
#include "model/swept.hpp"

namespace rt {

// One value of what is swept.
struct SweepStep {
  double value = 0;
  ComparedLoad load;
  double rate = 0;
  std::size_t readers = 0;
};

struct CompareOptions {
  std::vector<ComparedWay> ways;
  bool chosen = false;  // by the user; else what this machine has no server for is left out
  ComparedLoad load = ComparedLoad::of_size(200, 100ms, 3s);
  double rate = 10;  // messages a second, as the load has it
  std::size_t readers = 10;
  std::size_t publishers = 1;
  bool two_way = false;  // readers ask, by turns, and have answers; there are no publishers
  Milliseconds time = Milliseconds(3000);
  std::size_t rounds = 3;
  NetworkConditions network;
  std::optional<std::pair<Milliseconds, Milliseconds>> cut;  // after, for
  Milliseconds late = Milliseconds(1000);
  Milliseconds poll_every = Milliseconds(1000);
  bool wide = false;
  std::vector<ComparedNeed> needs;
  Swept swept = Swept::rate;
  std::vector<SweepStep> steps;  // empty: nothing is swept
  std::optional<EarlierReport> against;
  std::string against_file;
  std::optional<ReportFile> json;
  std::optional<ReportFile> html;
  std::string command;  // that was given, as sh reads it, for reports
  std::string hgrm;     // a directory for each way's distribution of latencies; empty: none
  std::string program;  // this executable
};

}  // namespace rt
