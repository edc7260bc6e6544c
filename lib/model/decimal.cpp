#include "model/decimal.hpp"

#include <algorithm>
#include <cstddef>

namespace rt {
namespace {

// More digits of an exponent than any text has digits to make up for.
constexpr std::int64_t kMostExponent = 1'000'000'000'000;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

std::string_view take_digits(std::string_view& text) {
  const auto end = std::find_if_not(text.begin(), text.end(), is_digit);
  const std::string_view digits = text.substr(0, static_cast<std::size_t>(end - text.begin()));
  text.remove_prefix(digits.size());
  return digits;
}

bool take(std::string_view& text, char c) {
  if (!text.starts_with(c)) return false;
  text.remove_prefix(1);
  return true;
}

std::optional<std::int64_t> take_exponent(std::string_view& text) {
  if (!take(text, 'e') && !take(text, 'E')) return 0;
  const bool negative = take(text, '-');
  if (!negative) take(text, '+');
  const std::string_view digits = take_digits(text);
  if (digits.empty()) return std::nullopt;
  std::int64_t value = 0;
  for (const char c : digits) value = std::min(value * 10 + (c - '0'), kMostExponent);
  return negative ? -value : value;
}

}  // namespace

std::optional<Decimal> Decimal::parse(std::string_view text) {
  Decimal out;
  out.negative_ = take(text, '-');
  const std::string_view whole = take_digits(text);
  const std::string_view fraction = take(text, '.') ? take_digits(text) : std::string_view();
  const std::optional<std::int64_t> exponent = take_exponent(text);
  if (!exponent || !text.empty() || (whole.empty() && fraction.empty())) return std::nullopt;

  out.digits_.append(whole).append(fraction);
  const std::size_t first = out.digits_.find_first_not_of('0');
  if (first == std::string::npos) return Decimal();
  out.digits_.erase(out.digits_.find_last_not_of('0') + 1);
  out.digits_.erase(0, first);
  out.point_ =
      *exponent + static_cast<std::int64_t>(whole.size()) - static_cast<std::int64_t>(first);
  return out;
}

std::strong_ordering operator<=>(const Decimal& a, const Decimal& b) {
  const auto sign = [](const Decimal& value) {
    return value.digits_.empty() ? 0 : value.negative_ ? -1 : 1;
  };
  if (sign(a) != sign(b) || sign(a) == 0) return sign(a) <=> sign(b);
  const auto size = a.point_ != b.point_ ? a.point_ <=> b.point_ : a.digits_ <=> b.digits_;
  return a.negative_ ? 0 <=> size : size;
}

}  // namespace rt
