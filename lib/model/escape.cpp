#include "model/escape.hpp"

#include "base/text.hpp"

namespace rt {
namespace {

constexpr std::string_view kLetters = "nrt0\\";
constexpr std::string_view kMeanings{"\n\r\t\0\\", 5};
constexpr std::string_view kHex = "0123456789ABCDEF";

}  // namespace

bool take_escape(std::string_view& text, std::string& out) {
  if (text.size() < 2 || text[0] != '\\') return false;
  if (const auto known = kLetters.find(text[1]); known != std::string_view::npos) {
    out += kMeanings[known];
    text.remove_prefix(2);
    return true;
  }
  if (text[1] != 'x' || text.size() < 4) return false;
  const int high = hex_value(text[2]);
  const int low = hex_value(text[3]);
  if (high < 0 || low < 0) return false;
  out += static_cast<char>(high * 16 + low);
  text.remove_prefix(4);
  return true;
}

void append_escape(std::string& out, char byte) {
  out += '\\';
  if (const auto known = kMeanings.find(byte); known != std::string_view::npos) {
    out += kLetters[known];
    return;
  }
  out += 'x';
  out += kHex[static_cast<unsigned char>(byte) >> 4];
  out += kHex[static_cast<unsigned char>(byte) & 15];
}

std::optional<char> escaped_byte_of(std::string_view delimiter) {
  for (const char byte : delimiter) {
    const bool in_escapes = kLetters.find(byte) != std::string_view::npos || byte == 'x' ||
                            kHex.find(byte) != std::string_view::npos;
    if (!in_escapes) return byte;
  }
  return std::nullopt;
}

}  // namespace rt
