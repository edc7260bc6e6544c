#pragma once

#include <cstdint>
#include <string_view>

namespace rt {

// Judges UTF-8 that comes in pieces (RFC 3629: no surrogates, no overlong forms, at most U+10FFFF).
class Utf8Reader {
 public:
  // False from the first byte on with which no character can be well-formed.
  bool receive(std::string_view bytes);
  // True when no character has begun whose end has not come, and nothing was wrong.
  bool between_characters() const { return state_ == 0; }

 private:
  std::uint8_t state_ = 0;
};

}  // namespace rt
