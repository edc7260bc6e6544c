#include "codec/utf8_repair.hpp"

#include <cstddef>

namespace rt {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

struct Part {
  std::size_t size;
  bool well_formed;
};

// The sequence at the start of `s`, or the longest start of one that stands there.
Part leading_part(std::string_view s) {
  const auto lead = static_cast<unsigned char>(s[0]);
  if (lead < 0x80) return {1, true};
  std::size_t length = 0;
  unsigned char lowest = 0x80;
  unsigned char highest = 0xBF;
  if (lead >= 0xC2 && lead <= 0xDF) length = 2;
  if (lead >= 0xE0 && lead <= 0xEF) length = 3;
  if (lead >= 0xF0 && lead <= 0xF4) length = 4;
  if (lead == 0xE0) lowest = 0xA0;
  if (lead == 0xED) highest = 0x9F;
  if (lead == 0xF0) lowest = 0x90;
  if (lead == 0xF4) highest = 0x8F;
  if (length == 0) return {1, false};
  for (std::size_t i = 1; i < length; ++i) {
    if (i == s.size()) return {i, false};
    const auto c = static_cast<unsigned char>(s[i]);
    if (c < lowest || c > highest) return {i, false};
    lowest = 0x80;
    highest = 0xBF;
  }
  return {length, true};
}

}  // namespace

void append_valid_utf8(std::string& out, std::string_view bytes) {
  while (!bytes.empty()) {
    const Part part = leading_part(bytes);
    out += part.well_formed ? bytes.substr(0, part.size) : kReplacement;
    bytes.remove_prefix(part.size);
  }
}

}  // namespace rt
