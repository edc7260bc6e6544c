#include "engine/histogram.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
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

TEST_CASE("percentiles lie between the exact ones and 1/1024 above them") {
  const std::pair<std::string, Values> kTable[] = {
      {"one", {7}},
      {"zero", {0, 0, 0}},
      {"two", {1, 1'000'000}},
      {"the borders of steps", {1023, 1024, 1025, 2047, 2048, 2049, 4095, 4096, 65535, 65536}},
      {"all alike", Values(1000, 123'456'789)},
      {"even", values_of(10'000, [](Random&, std::size_t i) { return i; })},
      {"uniform", values_of(50'000, [](Random& r, std::size_t) { return r.next() % 90'000'000; })},
      // Each is twice as rare as one that is so much shorter.
      {"exponential", values_of(50'000,
                                [](Random& r, std::size_t) {
                                  std::uint64_t sum = r.next() % 1'000'000;
                                  while (r.next() % 2 == 0) sum += 1'000'000;
                                  return sum;
                                })},
      {"two humps", values_of(50'000,
                              [](Random& r, std::size_t i) {
                                return (i % 3 == 0 ? 40'000'000 : 90'000) + r.next() % 20'000;
                              })},
      {"any magnitude",
       values_of(50'000, [](Random& r, std::size_t) { return r.next() >> (15 + r.next() % 49); })},
      {"huge", values_of(20'000,
                         [](Random& r, std::size_t) {
                           return (std::uint64_t{1} << 50) - 1 - r.next() % (1ull << 40);
                         })},
      {"a long tail", values_of(50'000,
                                [](Random& r, std::size_t i) {
                                  return i % 1000 == 0 ? 5'000'000'000 + r.next() % 1000
                                                       : 800'000 + r.next() % 400'000;
                                })},
  };
  for (const auto& row : kTable) {
    const Values& values = row.second;
    CAPTURE(row.first);
    Histogram whole, half, other;
    double sum = 0;
    for (std::size_t i = 0; i < values.size(); ++i) {
      whole.add(std::chrono::nanoseconds(values[i]));
      (i % 2 == 0 ? half : other).add(std::chrono::nanoseconds(values[i]));
      sum += static_cast<double>(values[i]);
    }
    half.merge(other);
    for (const Histogram* histogram : {&whole, &half}) {
      CHECK(histogram->count() == values.size());
      CHECK(histogram->max().count() == *std::max_element(values.begin(), values.end()));
      const double mean = sum / static_cast<double>(values.size());
      CHECK(std::abs(static_cast<double>(histogram->mean().count()) - mean) < 1 + mean * 1e-9);
      for (const double part : {0.0, 0.001, 0.1, 0.5, 0.9, 0.99, 0.999, 1.0}) {
        CAPTURE(part);
        const std::int64_t right = exact(values, part);
        const std::int64_t found = histogram->percentile(part).count();
        CHECK(found >= right);
        CHECK(found <= right + right / 1024);
      }
    }
  }
}

TEST_CASE("what no histogram is for") {
  Histogram histogram;
  CHECK(histogram.percentile(0.5).count() == 0);
  CHECK(histogram.max().count() == 0);
  CHECK(histogram.mean().count() == 0);
  histogram.merge(Histogram());
  CHECK(histogram.count() == 0);
  histogram.add(std::chrono::microseconds(-5));
  CHECK(histogram.percentile(1).count() == 0);
  histogram.add(std::chrono::hours(24 * 365), 3);
  CHECK(histogram.count() == 4);
  CHECK(histogram.percentile(1).count() == (std::int64_t{1} << 50) - 1);
  CHECK(histogram.max().count() == (std::int64_t{1} << 50) - 1);
  static_assert(sizeof(Histogram) <= 1024);
}

TEST_CASE("a histogram as HdrHistogram's tools read it") {
  CHECK(Histogram().hgrm() ==
        "       Value     Percentile TotalCount 1/(1-Percentile)\n\n"
        "#[Mean    =        0.000, StdDeviation   =        0.000]\n"
        "#[Max     =        0.000, Total count    =            0]\n"
        "#[Buckets =           40, SubBuckets     =         2048]\n");
  Histogram histogram;
  histogram.add(std::chrono::milliseconds(1), 4);
  histogram.add(std::chrono::milliseconds(2), 4);
  histogram.add(std::chrono::milliseconds(5), 2);
  CHECK(histogram.hgrm() ==
        "       Value     Percentile TotalCount 1/(1-Percentile)\n\n"
        "       1.000 0.000000000000          4           1.00\n"
        "       1.000 0.100000000000          4           1.11\n"
        "       1.000 0.200000000000          4           1.25\n"
        "       1.000 0.300000000000          4           1.43\n"
        "       1.000 0.400000000000          4           1.67\n"
        "       2.001 0.500000000000          8           2.00\n"
        "       2.001 0.550000000000          8           2.22\n"
        "       2.001 0.600000000000          8           2.50\n"
        "       2.001 0.650000000000          8           2.86\n"
        "       2.001 0.700000000000          8           3.33\n"
        "       2.001 0.750000000000          8           4.00\n"
        "       2.001 0.775000000000          8           4.44\n"
        "       2.001 0.800000000000          8           5.00\n"
        "       5.000 1.000000000000         10\n"
        "#[Mean    =        2.200, StdDeviation   =        1.469]\n"
        "#[Max     =        5.000, Total count    =           10]\n"
        "#[Buckets =           40, SubBuckets     =         2048]\n");
}
