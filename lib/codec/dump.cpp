#include "codec/dump.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace rt {
namespace {

constexpr std::size_t kRow = 16;
constexpr std::string_view kHexDigits = "0123456789abcdef";

void append_hex_byte(std::string& out, unsigned char byte) {
  out += kHexDigits[byte >> 4];
  out += kHexDigits[byte & 15];
}

std::string row_of(std::size_t offset, std::string_view bytes) {
  std::string out;
  for (int shift = 24; shift >= 0; shift -= 8)
    append_hex_byte(out, static_cast<unsigned char>(offset >> shift & 0xFF));
  out += ' ';
  for (std::size_t i = 0; i < kRow; ++i) {
    out += i == kRow / 2 ? "  " : " ";
    if (i < bytes.size())
      append_hex_byte(out, static_cast<unsigned char>(bytes[i]));
    else
      out += "  ";
  }
  out += "  |";
  for (const char c : bytes) out += c >= 0x20 && c < 0x7F ? c : '.';
  return out + "|";
}

}  // namespace

std::string excerpt(std::string_view bytes, std::size_t limit) {
  std::string out;
  out += '"';
  out += printable(bytes, limit);
  out += '"';
  return out;
}

void hex_dump(std::string_view bytes, std::size_t omitted,
              const std::function<void(const std::string&)>& line) {
  const std::size_t shown = std::min(bytes.size(), kMostDumped);
  for (std::size_t at = 0; at < shown; at += kRow)
    line(row_of(at, bytes.substr(at, std::min(kRow, shown - at))));
  if (const std::size_t rest = bytes.size() - shown + omitted; rest > 0)
    line("... and " + std::to_string(rest) + " bytes more");
}

}  // namespace rt
