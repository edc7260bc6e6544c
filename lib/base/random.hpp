#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace rt {

// Chance as an argument: tests pass a fixed seed, programs the one of the system.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}
  // Seeded by the operating system's entropy.
  static Random from_system();

  std::uint64_t next();  // uniform over all values
  double next_unit();    // uniform in [0, 1)
  // A name that nobody else has: the prefix and so many characters of [0-9a-v], 5 bits each. It
  // fits into headers, envelopes, topics and client identifiers.
  std::string next_name(std::string_view prefix, std::size_t characters);

 private:
  std::uint64_t state_;
};

}  // namespace rt
