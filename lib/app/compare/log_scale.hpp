#pragma once

#include <cstddef>
#include <vector>

namespace rt {

// The decimal logarithm of what is more than 0, to ten digits. The library goes without libm.
double log10_of(double value);

// An axis on which equal distances are equal ratios.
class LogScale {
 public:
  // Both more than 0; it holds a factor of three at least.
  LogScale(double least, double most);

  double least() const { return least_; }
  double most() const { return most_; }
  // 0 at its least, 1 at its most; what lies beyond them is moved to them.
  double at(double value) const;
  // Round values that lie on it, the least first: powers of ten, and between them 2 and 5, or 3,
  // when there would be fewer than three. At most nine.
  std::vector<double> ticks() const;

 private:
  double least_;
  double most_;
  double log_least_;
  double log_most_;
};

}  // namespace rt
