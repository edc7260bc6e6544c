#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

// What fuzz targets have in common.
namespace rt::fuzz {

// Ends the program, which is what a fuzzer takes for a finding, with the place in the trace.
inline void require(bool holds) {
  if (!holds) std::abort();
}

inline std::string_view text(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

// The front of `input`, which is left with the rest.
inline std::string_view take(std::string_view& input, std::size_t size) {
  const std::string_view front = input.substr(0, size);
  input.remove_prefix(front.size());
  return front;
}

// A number of `size` bytes off the front; bytes that are not there count as 0.
inline std::uint64_t take_number(std::string_view& input, std::size_t size) {
  std::uint64_t number = 0;
  for (const char c : take(input, size)) number = number << 8 | static_cast<std::uint8_t>(c);
  return number;
}

// The first line, without its end.
inline std::string_view take_line(std::string_view& input) {
  const std::string_view line = take(input, std::min(input.find('\n'), input.size()));
  take(input, 1);
  return line;
}

}  // namespace rt::fuzz
