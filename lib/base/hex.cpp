#include "base/hex.hpp"

#include <utility>

#include "base/text.hpp"

namespace rt {

std::optional<std::string> hex_decode(std::string_view text) {
  std::string out;
  int high = -1;
  for (const char c : text) {
    if (c == ' ' && high < 0) continue;
    const int value = hex_value(c);
    if (value < 0) return std::nullopt;
    if (high >= 0) out += static_cast<char>(high << 4 | value);
    high = high < 0 ? value : -1;
  }
  return high < 0 ? std::optional(std::move(out)) : std::nullopt;
}

}  // namespace rt
