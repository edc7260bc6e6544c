#include "model/condition.hpp"

#include <cstddef>
#include <utility>

#include "base/text.hpp"

namespace rt {
namespace {

// Where the operator begins: a tilde in a pointer is followed by 0 or 1.
std::size_t operator_in(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const char next = i + 1 < text.size() ? text[i + 1] : '\0';
    if (c == '=' || c == '<' || c == '>' || (c == '!' && next == '=')) return i;
    if (c == '~' && next != '0' && next != '1') return i;
  }
  return std::string_view::npos;
}

}  // namespace

Result<Condition> Condition::parse(std::string_view text) {
  const std::size_t at = operator_in(text);
  if (at == std::string_view::npos)
    return Error(Fault::usage, "'" + printable(text) +
                                   "' is no condition: write POINTER=VALUE (or != < <= > >=), or "
                                   "POINTER~PATTERN");
  Result<JsonPointer> pointer = JsonPointer::parse(text.substr(0, at));
  if (!pointer) return pointer.error();
  Condition out;
  out.pointer_ = *std::move(pointer);
  const bool or_equal = at + 1 < text.size() && text[at + 1] == '=';
  std::size_t length = 1;
  switch (text[at]) {
    case '!':
      out.what_ = What::not_equal;
      length = 2;
      break;
    case '<':
      out.what_ = or_equal ? What::at_most : What::less;
      length = or_equal ? 2 : 1;
      break;
    case '>':
      out.what_ = or_equal ? What::at_least : What::more;
      length = or_equal ? 2 : 1;
      break;
    case '~':
      out.what_ = What::like;
      break;
    default:
      break;
  }
  const std::string_view value = text.substr(at + length);
  if (out.what_ == What::like) {
    Result<Pattern> pattern = Pattern::parse(value);
    if (!pattern) return pattern.error();
    out.pattern_ = *std::move(pattern);
  }
  out.value_ = value;
  out.number_ = Decimal::parse(value);
  return out;
}

bool Condition::holds(std::string_view value) const {
  if (what_ == What::like) return pattern_->matches(value);
  int order = value.compare(value_);
  const std::optional<Decimal> number = number_ ? Decimal::parse(value) : std::nullopt;
  if (number) order = *number < *number_ ? -1 : *number == *number_ ? 0 : 1;
  switch (what_) {
    case What::equal:
      return order == 0;
    case What::not_equal:
      return order != 0;
    case What::less:
      return order < 0;
    case What::at_most:
      return order <= 0;
    case What::more:
      return order > 0;
    default:
      return order >= 0;
  }
}

}  // namespace rt
