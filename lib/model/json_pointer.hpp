#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace rt {

// Which part of a JSON text (RFC 6901): "/items/0/name", with "~1" for a slash and "~0" for a tilde
// in a name; "" is the whole. Beyond the standard, "*" names each element of an array.
class JsonPointer {
 public:
  // Errors (usage) say what is wrong.
  static Result<JsonPointer> parse(std::string_view text);

  const std::vector<std::string>& tokens() const { return tokens_; }
  // It may name several values.
  bool names_many() const;
  // As it was written.
  const std::string& text() const { return text_; }

  // Appends a name as a pointer has it: "/" and the name, escaped.
  static void append_token(std::string& out, std::string_view name);

 private:
  std::string text_;
  std::vector<std::string> tokens_;
};

}  // namespace rt
