#pragma once

// A message whose bytes follow from its number, so that whoever receives it can tell a message
// that is lost, doubled, out of order or damaged without having seen the sender.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace rt::bench {

inline constexpr std::size_t kNumberDigits = 16;

// Fills `out` with message `number`: 16 decimal digits, then letters that depend on the number.
// Never a character that JSON, event streams or lines would have to escape. `out` holds at least
// kNumberDigits.
inline void write_numbered_message(std::uint64_t number, std::span<char> out) {
  static constexpr std::string_view kLetters =
      "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz"
      "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz";
  auto rest = number;
  for (auto digit = kNumberDigits; digit-- > 0; rest /= 10) {
    out[digit] = static_cast<char>('0' + rest % 10);
  }
  const auto first = number % 26;
  for (std::size_t at = kNumberDigits; at < out.size();) {
    const auto run = std::min<std::size_t>(out.size() - at, 130);
    std::copy_n(kLetters.data() + first, run, out.data() + at);
    at += run;
  }
}

inline std::string numbered_message(std::uint64_t number, std::size_t size) {
  std::string message(size, '\0');
  write_numbered_message(number, message);
  return message;
}

}  // namespace rt::bench
