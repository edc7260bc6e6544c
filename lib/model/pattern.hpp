#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/regex.hpp"
#include "base/result.hpp"

namespace rt {

// What --expect and --until look for in a payload: a text, byte for byte, or /REGEX/ (POSIX
// extended, without back references), and /REGEX/i for either case of A to Z. A regular expression
// sees bytes, not characters; `^` and `$` are the payload's ends, `.` is any byte but NUL, `\/` is
// a slash, and `\d \s \w \D \S \W \n \r \t` mean what they do elsewhere. Both take time in
// proportion to the payload, for the regular expression as long as the automaton that libc makes of
// it stays small.
class Pattern {
 public:
  // Errors (usage) say what is wrong, in regerror(3)'s words for a regular expression.
  static Result<Pattern> parse(std::string_view text);

  bool matches(std::string_view payload) const;
  bool is_regex() const { return anywhere_.has_value(); }
  // As it was written.
  const std::string& text() const { return text_; }

 private:
  Pattern(std::string_view text, std::string_view plain) : text_(text), plain_(plain) {}

  std::string text_;
  std::string plain_;  // looked for as it is, when there is no anywhere_
  std::optional<Regex> anywhere_;
  std::optional<Regex> at_begin_;
};

}  // namespace rt
