#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace rt {

enum class LetterCase : bool { matters, any };

// A POSIX extended regular expression, over bytes.
class Regex {
 public:
  // Errors (usage): regerror(3)'s words.
  static Result<Regex> compile(const std::string& source, LetterCase letter_case);

  // Whether it is found in the bytes, which may hold NUL where libc can do that (glibc, macOS);
  // elsewhere they end at the first.
  bool found_in(std::string_view bytes) const;

 private:
  struct Compiled;
  std::shared_ptr<const Compiled> compiled_;
};

// Whether the text is in the bytes. Takes time in proportion to their length, where
// string_view::find() takes the product of both lengths for bytes that are made for it.
bool contains_bytes(std::string_view bytes, std::string_view text);

}  // namespace rt
