#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace rt {

// What a comparison goes through a range of.
enum class Swept : std::uint8_t { rate, readers };

inline std::string_view name_of(Swept swept) {
  return swept == Swept::rate ? "rate" : "readers";
}
// "messages a second", "readers".
inline std::string_view words_of(Swept swept) {
  return swept == Swept::rate ? "messages a second" : "readers";
}

struct SweptRange {
  Swept of = Swept::rate;
  std::vector<std::size_t> values;  // from two to twenty, each more than the one before
};

// "rate=1,10,100" or "readers=10,100". Errors: usage, one line.
Result<SweptRange> parse_swept_range(std::string_view text);

}  // namespace rt
