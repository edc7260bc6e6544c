#pragma once

#include <string>
#include <utility>
#include <vector>

#include "model/compared_way.hpp"

namespace rt {

// A chart of lines with a label at the end of each, as HTML: its height is fixed, its width is that
// of the page, and its texts are texts. Places are parts of 1, from the left and from the bottom.
struct LineChart {
  struct Tick {
    double at = 0;
    std::string text;
  };
  struct Line {
    ComparedWay way = ComparedWay::sse;
    std::vector<std::pair<double, double>> points;  // from left to right; at least one
    std::string figure;                             // beside its label
    bool dots = false;                              // each point was measured by itself
  };

  std::string says;  // for who cannot see it
  std::string figures_are;
  unsigned height = 320;  // of the plot, in pixels
  std::vector<Tick> up;
  std::vector<Tick> along;
  std::vector<Line> lines;
};
std::string line_chart(const LineChart& chart);

// Moves places, in pixels from the top, as little as it needs until no two are nearer than `apart`,
// within 0 to `height` as far as they fit; their order stays.
std::vector<double> spread_out(std::vector<double> places, double apart, double height);

}  // namespace rt
