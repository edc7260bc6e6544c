#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "model/decimal.hpp"
#include "model/json_pointer.hpp"
#include "model/pattern.hpp"

namespace rt {

// What --where asks of a value in a JSON payload: POINTER=VALUE, and != < <= > >= in place of =, or
// POINTER~PATTERN (see Pattern: a text in it, or /REGEX/).
class Condition {
 public:
  // Errors (usage) say what is wrong.
  static Result<Condition> parse(std::string_view text);

  const JsonPointer& pointer() const { return pointer_; }
  // Of one value: a string's text, else its JSON. Two numbers are compared as numbers, all else
  // byte by byte.
  bool holds(std::string_view value) const;
  // Of a payload in which the pointer names nothing.
  bool holds_for_nothing() const { return what_ == What::not_equal; }

 private:
  enum class What : std::uint8_t { equal, not_equal, less, at_most, more, at_least, like };

  JsonPointer pointer_;
  What what_ = What::equal;
  std::string value_;
  std::optional<Decimal> number_;
  std::optional<Pattern> pattern_;
};

}  // namespace rt
