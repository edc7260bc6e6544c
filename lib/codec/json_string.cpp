#include "codec/json_string.hpp"

#include <array>
#include <bit>
#include <charconv>
#include <cstdint>
#include <cstring>
#include <optional>

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

namespace {

std::optional<std::uint32_t> four_digits(std::string_view text) {
  if (text.size() < 4) return std::nullopt;
  std::uint32_t value = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + 4, value, 16);
  if (failed != std::errc() || end != text.data() + 4) return std::nullopt;
  return value;
}

void append_utf8(std::string& out, std::uint32_t code) {
  const auto tail = [&](unsigned shift) {
    out += static_cast<char>(0x80u | ((code >> shift) & 0x3Fu));
  };
  if (code < 0x80) {
    out += static_cast<char>(code);
  } else if (code < 0x800) {
    out += static_cast<char>(0xC0u | code >> 6);
    tail(0);
  } else if (code < 0x10000) {
    out += static_cast<char>(0xE0u | code >> 12);
    tail(6);
    tail(0);
  } else {
    out += static_cast<char>(0xF0u | code >> 18);
    tail(12);
    tail(6);
    tail(0);
  }
}

// Takes the digits behind "\u", and the second half of a pair, off `rest`.
void take_unicode(std::string& out, std::string_view& rest) {
  constexpr std::uint32_t kReplacement = 0xFFFD;
  std::uint32_t code = *four_digits(rest);
  rest.remove_prefix(4);
  if (code >= 0xD800 && code < 0xE000) {
    const bool high = code < 0xDC00 && rest.starts_with("\\u");
    const auto low = high ? four_digits(rest.substr(2)) : std::nullopt;
    if (low && *low >= 0xDC00 && *low < 0xE000) {
      code = 0x10000 + ((code - 0xD800) << 10) + (*low - 0xDC00);
      rest.remove_prefix(6);
    } else {
      code = kReplacement;
    }
  }
  append_utf8(out, code);
}

}  // namespace

std::string json_unescaped(std::string_view text) {
  constexpr std::string_view kLetters = "\"\\/bfnrt";
  constexpr std::string_view kMeant = "\"\\/\b\f\n\r\t";
  std::string out;
  while (!text.empty()) {
    const std::size_t letter =
        text[0] == '\\' && text.size() > 1 ? kLetters.find(text[1]) : std::string_view::npos;
    if (letter != std::string_view::npos) {
      out += kMeant[letter];
      text.remove_prefix(2);
    } else if (text.starts_with("\\u") && four_digits(text.substr(2))) {
      text.remove_prefix(2);
      take_unicode(out, text);
    } else {
      out += text[0];
      text.remove_prefix(1);
    }
  }
  return out;
}

}  // namespace rt
