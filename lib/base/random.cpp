#include "base/random.hpp"

#include <random>

namespace rt {

Random Random::from_system() {
  std::random_device device;
  return Random(static_cast<std::uint64_t>(device()) << 32 | device());
}

// SplitMix64.
std::uint64_t Random::next() {
  std::uint64_t z = (state_ += 0x9E3779B97F4A7C15ull);
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ull;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBull;
  return z ^ (z >> 31);
}

double Random::next_unit() {
  return static_cast<double>(next() >> 11) * 0x1.0p-53;
}

}  // namespace rt
