#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

// The data types of MQTT in a packet (MQTT 5, section 1.5). Pure.
namespace rt::mqtt {

// The longest text or binary that its length can say.
inline constexpr std::size_t kLongestText = 65'535;

// Takes one value after the other off the front of what it was given. nullopt: it is cut short, or
// malformed; then it is not to be asked again.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : rest_(bytes) {}

  bool at_end() const { return rest_.empty(); }
  std::string_view rest() const { return rest_; }

  // Of `size` bytes, at most 4.
  std::optional<std::uint32_t> number(std::size_t size) {
    if (rest_.size() < size) return std::nullopt;
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < size; ++i) value = value << 8 | static_cast<std::uint8_t>(rest_[i]);
    rest_.remove_prefix(size);
    return value;
  }
  // Section 1.5.5: in the fewest bytes.
  std::optional<std::uint32_t> variable() {
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < std::min<std::size_t>(4, rest_.size()); ++i) {
      const auto byte = static_cast<std::uint8_t>(rest_[i]);
      value |= static_cast<std::uint32_t>(byte & 127) << (7 * i);
      if (byte >= 128) continue;
      if (i > 0 && byte == 0) return std::nullopt;
      rest_.remove_prefix(i + 1);
      return value;
    }
    return std::nullopt;
  }
  std::optional<std::string_view> bytes(std::size_t size) {
    if (rest_.size() < size) return std::nullopt;
    const std::string_view taken = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return taken;
  }
  // Text or binary: its length in two bytes before it. The text's characters are not looked at.
  std::optional<std::string_view> binary() {
    const auto size = number(2);
    return size ? bytes(*size) : std::nullopt;
  }

 private:
  std::string_view rest_;
};

// In two bytes.
inline void append_number(std::string& out, std::size_t number) {
  out += static_cast<char>(number >> 8);
  out += static_cast<char>(number & 255);
}
inline void append_variable(std::string& out, std::size_t number) {
  for (; number > 127; number >>= 7) out += static_cast<char>(0x80 | (number & 127));
  out += static_cast<char>(number);
}
inline std::size_t variable_size(std::size_t number) {
  return number < 128 ? 1 : number < 16'384 ? 2 : number < 2'097'152 ? 3 : 4;
}
// At most kLongestText bytes.
inline void append_binary(std::string& out, std::string_view bytes) {
  append_number(out, bytes.size());
  out += bytes;
}

}  // namespace rt::mqtt
