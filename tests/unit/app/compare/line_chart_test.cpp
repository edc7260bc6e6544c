#include "app/compare/line_chart.hpp"

#include <doctest/doctest.h>

#include <algorithm>

#include "app/compare/log_scale.hpp"

namespace rt {

TEST_CASE("labels are moved apart, as little as it needs") {
  const struct {
    std::vector<double> places, moved;
  } rows[] = {
      {{}, {}},
      {{50}, {50}},
      {{10, 90}, {10, 90}},
      {{50, 50}, {45, 55}},
      {{52, 48}, {55, 45}},
      {{50, 50, 50}, {40, 50, 60}},
      {{0, 0}, {0, 10}},
      {{100, 98}, {100, 90}},
      {{20, 40, 41, 80}, {20, 35.5, 45.5, 80}},
      {{30, 38, 39}, {25.666666666666668, 35.66666666666667, 45.66666666666667}},
  };
  for (const auto& row : rows) {
    const std::vector<double> moved = spread_out(row.places, 10, 100);
    REQUIRE(moved.size() == row.moved.size());
    for (std::size_t i = 0; i < moved.size(); ++i) CHECK(moved[i] == doctest::Approx(row.moved[i]));
  }
}

TEST_CASE("labels that were moved are never nearer than they may be") {
  std::uint32_t state = 7;
  for (int round = 0; round < 200; ++round) {
    std::vector<double> places;
    for (int i = 0; i < 9; ++i) {
      state = state * 1664525 + 1013904223;
      places.push_back((state >> 16) % 320);
    }
    std::vector<double> moved = spread_out(places, 17, 320);
    std::sort(moved.begin(), moved.end());
    CHECK(moved.front() >= 0);
    CHECK(moved.back() <= 320.001);
    for (std::size_t i = 1; i < moved.size(); ++i) CHECK(moved[i] - moved[i - 1] >= 16.999);
  }
}

TEST_CASE("logarithms without a library of them") {
  const std::pair<double, double> rows[] = {{1, 0},
                                            {10, 1},
                                            {1000, 3},
                                            {1e-6, -6},
                                            {2, 0.30102999566398},
                                            {3.5e7, 7.54406804435028},
                                            {0.9999, -4.3431619807e-5}};
  for (const auto& [value, logarithm] : rows)
    CHECK(log10_of(value) == doctest::Approx(logarithm).epsilon(1e-10));
}

TEST_CASE("a logarithmic scale") {
  const struct {
    double least, most;
    std::vector<double> ticks;
  } rows[] = {
      {1e-4, 1, {1e-4, 1e-3, 1e-2, 1e-1, 1}},
      {0.002, 0.04, {0.003, 0.01, 0.03}},
      {1, 4, {1, 2}},
      {5, 5, {5, 10}},
      {1e-6, 1e4, {1e-6, 1e-4, 1e-2, 1, 100, 1e4}},
  };
  for (const auto& row : rows) {
    const LogScale scale(row.least, row.most);
    const std::vector<double> ticks = scale.ticks();
    REQUIRE(ticks.size() == row.ticks.size());
    for (std::size_t i = 0; i < ticks.size(); ++i) CHECK(ticks[i] == doctest::Approx(row.ticks[i]));
    CHECK(scale.at(scale.least()) == 0);
    CHECK(scale.at(scale.most()) == 1);
    CHECK(scale.at(0) == 0);
  }
  CHECK(LogScale(1, 100).at(10) == doctest::Approx(0.5));
}

TEST_CASE("a chart of lines has its labels as texts") {
  LineChart chart;
  chart.says = "a \"chart\"";
  chart.up = {{0.5, "1 ms"}};
  chart.along = {{0.25, "<50 %"}};
  chart.lines = {{.way = ComparedWay::ws, .points = {{0, 0}, {1, 0.5}}, .figure = "2 ms"}};
  const std::string html = line_chart(chart);
  for (const char* part : {"aria-label=\"a &quot;chart&quot;\"", "M0 320L1000 160", "&lt;50 %",
                           "style=\"left:25%\"", "<b>ws</b>", "2 ms"}) {
    CAPTURE(part);
    CHECK(html.find(part) != std::string::npos);
  }
}

}  // namespace rt
