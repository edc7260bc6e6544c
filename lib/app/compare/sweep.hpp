#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "app/compare/figures.hpp"
#include "app/compare/verdict.hpp"
#include "model/swept.hpp"

namespace rt {

struct SweepPoint {
  double value = 0;  // messages a second, or readers
  std::vector<WayFigures> ways;
  Verdict verdict;
};

// Where one way is no longer the best in a figure, and another one begins to be.
struct Crossing {
  Figure figure = Figure::cpu;
  double at = 0;  // where the lines between what was measured cross, both axes being logarithmic
  ComparedWay below = ComparedWay::sse;
  ComparedWay above = ComparedWay::ws;
  double last = 0;  // the greatest value that was measured,
  double less = 0;  // and the part that the second takes less there, of 1
};

struct Sweep {
  Swept of = Swept::rate;
  std::vector<SweepPoint> points;  // the least value first
  std::vector<Crossing> crossings;
};

// Only where the one is better on one side, and the other on the other, beyond the spread of both.
std::vector<Crossing> crossings_of(const std::vector<SweepPoint>& points);

// "Server CPU, us: sse is the best up to about 41 messages a second, ws above; at 100 it takes 33 %
// less."
std::string crossing_words(const Crossing& crossing, Swept of);

// The figures that a sweep shows.
std::span<const Figure> swept_figures();
const FigureRow& row_of(Figure figure);

// A table for each of these: a line a value and a column a way.
std::string sweep_tables(const Sweep& sweep, std::size_t columns);
// What to take at each value, and where lines cross: a line each.
std::vector<std::string> sweep_sentences(const Sweep& sweep);

}  // namespace rt
