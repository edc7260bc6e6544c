#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace rt {

enum class LetterCase : bool { matters, any };
// What an expression is for: to be found is less work.
enum class RegexUse : bool { found_in, search };

// A POSIX extended regular expression, over bytes.
class Regex {
 public:
  // Errors (usage): regerror(3)'s words.
  static Result<Regex> compile(const std::string& source, LetterCase letter_case,
                               RegexUse use = RegexUse::found_in);

  // Whether it is found in the bytes, which may hold NUL where libc can do that (glibc, macOS);
  // elsewhere they end at the first.
  bool found_in(std::string_view bytes) const;

  // Where the whole of a match lies, or one of its groups; npos: that group has no part in it.
  struct Span {
    std::size_t begin = std::string_view::npos;
    std::size_t end = std::string_view::npos;
  };
  // The first match (the leftmost, and of these the longest) from `from` on, which counts as the
  // beginning only where it is 0: the whole of it, then its groups, as many as asked for. Empty
  // when there is none. Only with RegexUse::search.
  std::vector<Span> search(std::string_view bytes, std::size_t from, std::size_t groups) const;
  // How many groups the expression has.
  std::size_t groups() const;

 private:
  struct Compiled;
  std::shared_ptr<const Compiled> compiled_;
};

// Whether the text is in the bytes. Takes time in proportion to their length, where
// string_view::find() takes the product of both lengths for bytes that are made for it.
bool contains_bytes(std::string_view bytes, std::string_view text);

}  // namespace rt
