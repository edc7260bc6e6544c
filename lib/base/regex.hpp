#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace rt {

enum class LetterCase : bool { matters, any };
// Whether a match is to say where its groups are: find() can, and costs more.
enum class Groups : bool { passed_over, wanted };

// A POSIX extended regular expression, over bytes. libc makes an automaton of it: it needs no stack
// for what it reads, and time that does not grow exponentially, as long as it refers nowhere back.
class Regex {
 public:
  // Errors (usage): regerror(3)'s words.
  static Result<Regex> compile(const std::string& source, LetterCase letter_case,
                               Groups groups = Groups::passed_over);

  // Whether it is found in the bytes, which may hold NUL where libc can do that (glibc, macOS);
  // elsewhere they end at the first.
  bool found_in(std::string_view bytes) const;

  // Of a match, and of each of its groups; npos: that group is no part of it.
  struct Place {
    std::size_t begin = std::string::npos;
    std::size_t end = std::string::npos;
  };
  // The first match that begins at `from` or later, and then its groups; empty: there is none. `^`
  // is the beginning of the bytes, wherever `from` is. Only with Groups::wanted, and where there is
  // no NUL in the bytes. An error (other): libc has given up.
  Result<std::vector<Place>> find(const std::string& bytes, std::size_t from) const;
  std::size_t group_count() const;

 private:
  struct Compiled;
  std::shared_ptr<const Compiled> compiled_;
};

// Whether the text is in the bytes. Takes time in proportion to their length, where
// string_view::find() takes the product of both lengths for bytes that are made for it.
bool contains_bytes(std::string_view bytes, std::string_view text);

}  // namespace rt
