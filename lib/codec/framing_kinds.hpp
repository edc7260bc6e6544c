#pragma once

#include <cstddef>
#include <string>

#include "codec/framing.hpp"

// What reading and writing have to know of the kinds of framing.
namespace rt {

inline constexpr std::size_t kLengthPrefix = 4;  // bytes

// Whether messages end with what somebody could have in a payload.
inline bool has_delimiter(FramingKind kind) {
  return kind == FramingKind::lines || kind == FramingKind::null_byte ||
         kind == FramingKind::delimiter;
}

inline std::string delimiter_of(const Framing& framing) {
  if (framing.kind == FramingKind::null_byte) return std::string(1, '\0');
  if (framing.kind == FramingKind::delimiter && !framing.delimiter.empty())
    return framing.delimiter;
  return "\n";
}

inline bool has_backslashes(const Framing& framing) {
  return framing.escape == Escape::backslash && has_delimiter(framing.kind);
}

inline bool is_digits(FramingKind kind) {
  return kind == FramingKind::base64 || kind == FramingKind::hex;
}

}  // namespace rt
