#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "app/compare/changes.hpp"
#include "app/compare/figures.hpp"
#include "app/compare/sweep.hpp"
#include "app/compare/verdict.hpp"
#include "model/compared_need.hpp"

namespace rt {

// What was asked for, and where it was measured.
struct ReportConditions {
  std::size_t message_bytes = 0;
  bool binary = false;
  bool two_way = false;
  double rate = 0;  // messages a second
  std::size_t readers = 0;
  std::size_t publishers = 0;
  double seconds = 0;  // each way in a round
  std::size_t rounds = 0;
  std::string network;  // "rtt=80ms,down=2mbit", "none"
  double late_seconds = 0;
  double cut_after = 0;  // seconds; 0: there was none
  double cut_for = 0;
  double poll_every_seconds = 0;
  std::vector<ComparedNeed> needs;
  std::optional<Swept> swept = {};  // what has many values instead
  std::string swept_values = {};    // "1, 10 and 100"
  std::string program;              // and its version
  std::string command;              // as sh reads it
  std::string time;                 // RFC 3339, when it began
  std::string processor;
  unsigned processors = 0;
  std::string system;
};

// All that a run has shown.
struct CompareReport {
  ReportConditions conditions;
  std::vector<WayFigures> ways;
  Verdict verdict;
  std::optional<Sweep> sweep;      // then there are no ways beside it, and no verdict
  std::optional<Changes> changes;  // since an earlier report
};

// Of the figures of a row that are good; nothing: there is none.
struct RowBounds {
  std::optional<double> least;
  std::optional<double> most;

  // Whether a median is the row's best, as far as people can see, and not all are.
  bool is_best(double median, Unit unit) const;
};
RowBounds bounds_of(const std::vector<WayFigures>& ways, Figure figure);

// "3" of "2.00 ~3%": how far a round lies from the median, in per cent rounded up. Nothing: there
// is one round, or the median is 0.
std::optional<unsigned> spread_percent(const Spread& spread);

// "2.00 ~3%*" of a table.
std::string figure_cell(const WayFigures& way, const FigureRow& figure, const RowBounds& bounds);

// Rows of as many columns each, the first to the left and the others to the right. Those that do
// not fit into `columns` go on below, beside the first one again.
std::string text_table(const std::vector<std::vector<std::string>>& rows, std::size_t columns);

// A line a figure and a column a way, the best of each line marked with *, a way whose messages did
// not leave in time with ?, each with its spread where the columns suffice. What is broader than
// `columns` goes on below, some ways at a time, unless there is one way alone. `wide`: all figures,
// each with its least and its most. With a newline at the end.
std::string compare_table(const std::vector<WayFigures>& ways, bool wide, std::size_t columns);

}  // namespace rt
