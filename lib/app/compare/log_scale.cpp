#include "app/compare/log_scale.hpp"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <initializer_list>

namespace rt {
namespace {

constexpr double kLog10Of2 = 0.30102999566398119521;
constexpr double kLog10OfE = 0.43429448190325182765;
constexpr std::uint64_t kMantissa = (std::uint64_t{1} << 52) - 1;

double power_of_ten(int exponent) {
  double power = 1;
  for (; exponent > 0; --exponent) power *= 10;
  for (; exponent < 0; ++exponent) power /= 10;
  return power;
}

}  // namespace

// value = m * 2^e with m from 1 to 2; ln m = 2 artanh((m - 1) / (m + 1)).
double log10_of(double value) {
  const auto bits = std::bit_cast<std::uint64_t>(value);
  const auto exponent = static_cast<int>(bits >> 52 & 0x7ff) - 1023;
  const auto mantissa = std::bit_cast<double>((bits & kMantissa) | std::uint64_t{1023} << 52);
  const double part = (mantissa - 1) / (mantissa + 1);
  double power = part, sum = 0;
  for (int i = 1; i < 40; i += 2) {
    sum += power / i;
    power *= part * part;
  }
  return exponent * kLog10Of2 + 2 * sum * kLog10OfE;
}

LogScale::LogScale(double least, double most) : least_(least), most_(most) {
  for (; most_ < 3 * least_; most_ *= 1.2) least_ /= 1.2;
  log_least_ = log10_of(least_);
  log_most_ = log10_of(most_);
}

double LogScale::at(double value) const {
  if (value <= least_) return 0;
  if (value >= most_) return 1;
  return (log10_of(value) - log_least_) / (log_most_ - log_least_);
}

std::vector<double> LogScale::ticks() const {
  constexpr std::size_t kFewest = 3, kMost = 9;
  const int first = static_cast<int>(log_least_) - 2, last = static_cast<int>(log_most_) + 2;
  const auto among = [&](std::initializer_list<int> steps, int every) {
    std::vector<double> out;
    for (int exponent = first; exponent <= last; ++exponent)
      for (const int step : steps) {
        const double value = step * power_of_ten(exponent);
        if (exponent % every == 0 && value >= least_ * 0.999 && value <= most_ * 1.001)
          out.push_back(value);
      }
    return out;
  };
  std::vector<double> out = among({1}, 1);
  if (out.size() < kFewest) out = among({1, 3}, 1);
  if (out.size() < kFewest) out = among({1, 2, 5}, 1);
  for (int every = 2; out.size() > kMost; ++every) out = among({1}, every);
  return out;
}

}  // namespace rt
