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

std::string Random::next_name(std::string_view prefix, std::size_t characters) {
  constexpr std::string_view kDigits = "0123456789abcdefghijklmnopqrstuv";
  constexpr std::size_t kOfOneNumber = 12;
  std::string name(prefix);
  std::uint64_t bits = 0;
  for (std::size_t i = 0; i < characters; ++i, bits >>= 5) {
    if (i % kOfOneNumber == 0) bits = next();
    name += kDigits[bits & 31];
  }
  return name;
}

}  // namespace rt
