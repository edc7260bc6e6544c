#include "io/http/poll_cursor.hpp"

#include <algorithm>
#include <cstdint>
#include <vector>

#include "base/text.hpp"
#include "model/http_url.hpp"

namespace rt {

std::string PollCursor::apply(const std::string& url) const {
  if (position_.empty()) return url;
  return with_query(without_parameter(url, parameter_),
                    parameter_ + "=" + percent_encode(position_));
}

std::optional<std::string> PollCursor::from_header(std::string_view value) const {
  value = trim(value);
  if (value.empty()) return std::nullopt;
  const std::optional<std::uint64_t> number = parse_uint(value);
  if (place_.next) {
    if (!number) return std::nullopt;
    return std::to_string(*number + 1);
  }
  const std::optional<std::uint64_t> before = parse_uint(position_);
  if (number && (*number == 0 || (before && *number < *before))) return std::string();
  return std::string(value);
}

Result<std::optional<std::string>> PollCursor::find(const HttpResponse& response) {
  if (!place_.header.empty()) return from_header(response.header(place_.header));
  if (auto ready = picker_.prepare(); !ready) return ready.error();
  std::vector<PickedValue> picked;
  if (!picker_.pick(response.body, place_.pointer, picked))
    return Error(Fault::other, "the answer is no JSON, in which --cursor is to be found: " +
                                   printable(response.body, 40));
  std::optional<std::string> found;
  if (!place_.next) {
    if (!picked.empty() && picked.back().json != "null") found = std::move(picked.back().text);
    return found;
  }
  std::optional<std::uint64_t> greatest;
  for (const PickedValue& value : picked)
    if (const auto number = parse_uint(value.text))
      greatest = std::max(greatest.value_or(0), *number);
  if (greatest) found = std::to_string(*greatest + 1);
  return found;
}

}  // namespace rt
