#include "codec/json_string.hpp"

#include <array>
#include <bit>
#include <cstdint>
#include <cstring>

namespace rt {
namespace {

constexpr std::size_t kChunk = 512;
constexpr std::size_t kLongestEscape = 6;
constexpr std::uint64_t kOnes = 0x0101010101010101ull;
constexpr std::uint64_t kHighBits = 0x8080808080808080ull;

// The letter after the backslash, 'u' for a \u00XX escape, 0 for a byte that stands for itself.
constexpr std::array<char, 256> kEscapes = [] {
  std::array<char, 256> escapes{};
  for (std::size_t i = 0; i < 0x20; ++i) escapes[i] = 'u';
  escapes['\b'] = 'b';
  escapes['\f'] = 'f';
  escapes['\n'] = 'n';
  escapes['\r'] = 'r';
  escapes['\t'] = 't';
  escapes['"'] = '"';
  escapes['\\'] = '\\';
  return escapes;
}();

constexpr std::uint64_t zero_bytes(std::uint64_t word) {
  return (word - kOnes) & ~word & kHighBits;
}

// How many of the 8 bytes in `word` (as in memory) stand before the first one to escape. Borrows
// can mark a byte wrongly, but only above one that is marked rightly.
std::size_t plain_bytes(std::uint64_t word) {
  if constexpr (std::endian::native == std::endian::big) {
    std::uint64_t swapped = 0;
    for (int i = 0; i < 8; ++i) swapped |= (word >> (8 * i) & 0xFF) << (56 - 8 * i);
    word = swapped;
  }
  const std::uint64_t control = (word - kOnes * 0x20) & ~word & kHighBits;
  const std::uint64_t found = control | zero_bytes(word ^ kOnes * static_cast<unsigned char>('"')) |
                              zero_bytes(word ^ kOnes * static_cast<unsigned char>('\\'));
  return static_cast<std::size_t>(std::countr_zero(found)) / 8;
}

char* put_escaped(char* to, char c) {
  constexpr char kHex[] = "0123456789abcdef";
  const auto byte = static_cast<unsigned char>(c);
  const char escape = kEscapes[byte];
  if (escape == 0) {
    *to++ = c;
    return to;
  }
  *to++ = '\\';
  *to++ = escape;
  if (escape == 'u') {
    *to++ = '0';
    *to++ = '0';
    *to++ = kHex[byte >> 4];
    *to++ = kHex[byte & 15];
  }
  return to;
}

}  // namespace

void append_json_escaped(std::string& out, std::string_view text) {
  char chunk[kChunk];
  char* to = chunk;
  const char* const room = chunk + kChunk - 8 - kLongestEscape;
  const char* from = text.data();
  const char* const end = from + text.size();
  while (from != end) {
    if (end - from >= 8) {
      std::uint64_t word = 0;
      std::memcpy(&word, from, 8);
      std::memcpy(to, &word, 8);
      const std::size_t plain = plain_bytes(word);
      from += plain;
      to += plain;
      if (plain < 8) to = put_escaped(to, *from++);
    } else {
      to = put_escaped(to, *from++);
    }
    if (to > room) {
      out.append(chunk, static_cast<std::size_t>(to - chunk));
      to = chunk;
    }
  }
  out.append(chunk, static_cast<std::size_t>(to - chunk));
}

}  // namespace rt
