// The first line of an input is a pattern of --expect, the rest a payload. A pattern is read or
// refused; a text is found where it is; and a regular expression, which passes once over a payload,
// finds what it finds when it is tried at each byte in turn.
#include <algorithm>
#include <cctype>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "fuzz/fuzz.hpp"
#include "model/pattern.hpp"

namespace {

using rt::Pattern;
using rt::Result;
using rt::fuzz::require;

// Who writes a pattern may write one that takes libc much time and memory: what is sought here is
// in the others.
constexpr std::size_t kLongestPattern = 64;
constexpr std::size_t kLongestPayload = 64;
constexpr std::size_t kLongestCount = 2;  // digits
constexpr int kMostRepetitions = 6;       // libc's work may double with each

bool quick(std::string_view pattern) {
  if (pattern.size() > kLongestPattern) return false;
  const auto repeats = [](char c) { return c == '*' || c == '+' || c == '?' || c == '{'; };
  if (std::count_if(pattern.begin(), pattern.end(), repeats) > kMostRepetitions) return false;
  if (std::count(pattern.begin(), pattern.end(), '{') > 1) return false;
  std::size_t digits = 0;
  for (const char c : pattern) {
    digits = std::isdigit(static_cast<unsigned char>(c)) != 0 ? digits + 1 : 0;
    if (digits > kLongestCount) return false;
  }
  return true;
}

void check_error(const rt::Error& error) {
  require(error.fault() == rt::Fault::usage && !error.text().empty());
  for (const char c : error.text()) require(static_cast<unsigned char>(c) >= 0x20 && c != 0x7F);
}

// Whether it depends on what is in front of a match: `^`, and what libc may make of a backslash
// before what is no letter (\<, \`).
bool looks_back(std::string_view pattern) {
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] == '^') return true;
    if (pattern[i] != '\\' || ++i == pattern.size()) continue;
    if (std::string_view("<>`'").find(pattern[i]) != std::string_view::npos) return true;
  }
  return false;
}

void check_regex(const Pattern& pattern, std::string_view payload) {
  const std::string& text = pattern.text();
  if (looks_back(text)) return;
  const std::size_t end = text.rfind('/');
  const Result<Pattern> here =
      Pattern::parse("/^(" + text.substr(1, end - 1) + ")" + text.substr(end));
  if (!here) return check_error(here.error());
  bool found = false;
  for (std::size_t i = 0; i <= payload.size() && !found; ++i)
    found = here->matches(payload.substr(i));
  require(pattern.matches(payload) == found);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view input = rt::fuzz::text(data, size);
  const std::string_view written = rt::fuzz::take_line(input);
  // AddressSanitizer knows no REG_STARTEND: it wants a NUL behind what regexec() gets.
  const std::string payload(input.substr(0, kLongestPayload));
  if (!quick(written)) return 0;
  const Result<Pattern> pattern = Pattern::parse(written);
  if (!pattern) {
    check_error(pattern.error());
    return 0;
  }
  require(pattern->text() == written);
  const bool found = pattern->matches(payload);
  if (pattern->is_regex())
    check_regex(*pattern, payload);
  else
    require(found == (payload.find(written) != std::string_view::npos));
  return 0;
}
