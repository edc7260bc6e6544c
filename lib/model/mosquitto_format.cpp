#include "model/mosquitto_format.hpp"

namespace rt {
namespace {

constexpr std::string_view kFields = "%ACDEFIJPRSUXjlmpqrtx";
constexpr std::string_view kEscapes = "\\0aenrtv";
constexpr char kIncompleteField[] = "Incomplete format specifier.";

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// What stands behind a %: a flag, a width, a precision, a letter. The letter is taken off, too.
std::string take_field(std::string_view& rest) {
  if (!rest.empty() && (rest[0] == '0' || rest[0] == '-')) rest.remove_prefix(1);
  while (!rest.empty() && is_digit(rest[0])) rest.remove_prefix(1);
  if (!rest.empty() && rest[0] == '.') {
    rest.remove_prefix(1);
    while (!rest.empty() && is_digit(rest[0])) rest.remove_prefix(1);
  }
  if (rest.empty()) return kIncompleteField;
  const char letter = rest[0];
  rest.remove_prefix(1);
  if (kFields.find(letter) != std::string_view::npos) return {};
  return std::string("Invalid format specifier '") + letter + "'.";
}

}  // namespace

std::string fault_of_mosquitto_format(std::string_view text) {
  while (!text.empty()) {
    const char c = text[0];
    text.remove_prefix(1);
    if (c == '%') {
      if (std::string fault = take_field(text); !fault.empty()) return fault;
    } else if (c == '@') {
      if (text.empty()) return kIncompleteField;
      text.remove_prefix(1);
    } else if (c == '\\') {
      if (text.empty()) return "Incomplete escape specifier.";
      if (kEscapes.find(text[0]) == std::string_view::npos)
        return std::string("Invalid escape specifier '") + text[0] + "'.";
      text.remove_prefix(1);
    }
  }
  return {};
}

}  // namespace rt
