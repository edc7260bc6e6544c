#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace rt {

// A number as it is written, of any size and precision: identifiers above 2^53 stay apart.
class Decimal {
 public:
  // A JSON number (RFC 8259, 6); a point may also begin or end the digits, and zeros may lead.
  static std::optional<Decimal> parse(std::string_view text);

  friend std::strong_ordering operator<=>(const Decimal& a, const Decimal& b);
  friend bool operator==(const Decimal& a, const Decimal& b) = default;

 private:
  // The value is 0.DIGITS * 10^point; no zero begins or ends the digits, and zero has none.
  bool negative_ = false;
  std::int64_t point_ = 0;
  std::string digits_;
};

}  // namespace rt
