#include "model/close_codes.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace rt {
namespace {

std::optional<std::uint16_t> code_of(std::string_view text) {
  const auto number = parse_uint(trim(text));
  if (!number || *number < 1000 || *number > 4999) return std::nullopt;
  return static_cast<std::uint16_t>(*number);
}

}  // namespace

std::optional<CloseCodes> CloseCodes::parse(std::string_view text) {
  CloseCodes out;
  out.ranges_.clear();
  if (text == "none") return out;
  for (const std::string_view part : split(text, ',')) {
    const std::size_t dash = part.find('-');
    const auto first = code_of(part.substr(0, dash));
    const auto last = dash == std::string_view::npos ? first : code_of(part.substr(dash + 1));
    if (!first || !last || *first > *last) return std::nullopt;
    out.ranges_.emplace_back(*first, *last);
  }
  return out;
}

bool CloseCodes::has(std::uint16_t code) const {
  return std::any_of(ranges_.begin(), ranges_.end(), [&](const auto& range) {
    return range.first <= code && code <= range.second;
  });
}

}  // namespace rt
