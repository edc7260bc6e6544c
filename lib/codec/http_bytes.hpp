#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace rt::http {

// Classes of bytes, as bits of kByteClass.
inline constexpr std::uint8_t kTokenByte = 1;   // tchar, RFC 9110 section 5.6.2
inline constexpr std::uint8_t kTextByte = 2;    // in a field value: HTAB, SP, VCHAR, obs-text
inline constexpr std::uint8_t kTargetByte = 4;  // in a request target: VCHAR but '#', and obs-text
inline constexpr std::uint8_t kHostByte = 8;    // in a registered name; no comma, so no list
inline constexpr std::uint8_t kAddressByte = 16;  // in an IP literal, between the brackets

constexpr std::array<std::uint8_t, 256> byte_classes() {
  std::array<std::uint8_t, 256> table{};
  const auto mark = [&table](std::string_view bytes, std::uint8_t bits) {
    for (const char c : bytes) table[static_cast<unsigned char>(c)] |= bits;
  };
  for (std::size_t c = 0; c < table.size(); ++c) {
    if (c == '\t' || (c >= 0x20 && c != 0x7F)) table[c] |= kTextByte;
    if (c > 0x20 && c != 0x7F && c != '#') table[c] |= kTargetByte;
  }
  constexpr std::string_view alphanumeric =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
  mark(alphanumeric, kTokenByte | kHostByte | kAddressByte);
  mark("!#$%&'*+-.^_`|~", kTokenByte);
  mark("-._~!$&'()*+;=%", kHostByte);
  mark("-._~!$&'()*+;=:", kAddressByte);
  return table;
}

inline constexpr std::array<std::uint8_t, 256> kByteClass = byte_classes();

inline bool is(char c, std::uint8_t byte_class) {
  return (kByteClass[static_cast<unsigned char>(c)] & byte_class) != 0;
}

}  // namespace rt::http
