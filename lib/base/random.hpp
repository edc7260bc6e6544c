#pragma once

#include <cstdint>

namespace rt {

// Chance as an argument: tests pass a fixed seed, programs the one of the system.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}
  // Seeded by the operating system's entropy.
  static Random from_system();

  std::uint64_t next();  // uniform over all values
  double next_unit();    // uniform in [0, 1)

 private:
  std::uint64_t state_;
};

}  // namespace rt
