#include "base/histogram.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "base/random.hpp"

using namespace rt;

namespace {

using Values = std::vector<std::int64_t>;

Values values_of(std::size_t number,
                 const std::function<std::uint64_t(Random&, std::size_t)>& make) {
  Random random(number);
  Values out;
  for (std::size_t i = 0; i < number; ++i)
    out.push_back(static_cast<std::int64_t>(make(random, i)));
  return out;
}

// The value of that rank, counted from the smallest.
std::int64_t exact(Values sorted, double part) {
  std::sort(sorted.begin(), sorted.end());
  const double wanted = part * static_cast<double>(sorted.size());
  auto rank = static_cast<std::size_t>(wanted);
  if (static_cast<double>(rank) < wanted || rank == 0) ++rank;
  return sorted[rank - 1];
}

}  // namespace

TEST_CASE("percentiles lie between the exact ones and 1/32 above them") {
  const std::pair<std::string, Values> kTable[] = {
      {"one", {7}},
      {"zero", {0, 0, 0}},
      {"two", {1, 1'000'000}},
      {"the borders of steps", {63, 64, 65, 127, 128, 129, 1023, 1024, 1025, 65535, 65536}},
      {"all alike", Values(1000, 123'456)},
      {"even", values_of(10'000, [](Random&, std::size_t i) { return i; })},
      {"short", values_of(10'000, [](Random& r, std::size_t) { return r.next() % 200; })},
      {"any magnitude",
       values_of(50'000, [](Random& r, std::size_t) { return r.next() >> (24 + r.next() % 40); })},
      {"a long tail", values_of(50'000,
                                [](Random& r, std::size_t i) {
                                  return i % 1000 == 0 ? 5'000'000 + r.next() % 1000
                                                       : 800 + r.next() % 400;
                                })},
  };
  for (const auto& row : kTable) {
    const Values& values = row.second;
    CAPTURE(row.first);
    Histogram histogram;
    for (const std::int64_t value : values) histogram.add(std::chrono::microseconds(value));
    CHECK(histogram.count() == values.size());
    CHECK(histogram.max().count() == *std::max_element(values.begin(), values.end()));
    for (const double part : {0.0, 0.001, 0.1, 0.5, 0.9, 0.99, 0.999, 1.0}) {
      CAPTURE(part);
      const std::int64_t right = exact(values, part);
      const std::int64_t found = histogram.percentile(part).count();
      CHECK(found >= right);
      CHECK(found <= right + right / 32);
    }
  }
}

TEST_CASE("what no histogram is for") {
  Histogram histogram;
  CHECK(histogram.percentile(0.5).count() == 0);
  CHECK(histogram.max().count() == 0);
  histogram.add(std::chrono::microseconds(-5));
  CHECK(histogram.percentile(1).count() == 0);
  histogram.add(std::chrono::hours(24 * 365));
  CHECK(histogram.percentile(1).count() == (std::int64_t{1} << 40) - 1);
  CHECK(histogram.max().count() == (std::int64_t{1} << 40) - 1);
  static_assert(sizeof(Histogram) < 10'000);
}
