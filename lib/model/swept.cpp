#include "model/swept.hpp"

#include "base/text.hpp"

namespace rt {

Result<SweptRange> parse_swept_range(std::string_view text) {
  constexpr std::size_t kMostValues = 20;
  constexpr std::uint64_t kMost = 1'000'000;
  const auto wrong = [](const std::string& why) { return Error(Fault::usage, why); };
  const std::size_t sign = text.find('=');
  const std::string_view name = trim(text.substr(0, sign));
  SweptRange out;
  if (sign == std::string_view::npos || (name != "rate" && name != "readers"))
    return wrong("not a range such as rate=1,10,100 or readers=10,100");
  out.of = name == "rate" ? Swept::rate : Swept::readers;
  for (const std::string_view part : split(text.substr(sign + 1), ',')) {
    const auto value = parse_uint(trim(part));
    if (!value || *value == 0 || *value > kMost)
      return wrong("'" + printable(trim(part), 40) + "' is not a number from 1 to 1000000");
    if (!out.values.empty() && *value <= out.values.back())
      return wrong("each value has to be more than the one before");
    out.values.push_back(static_cast<std::size_t>(*value));
  }
  if (out.values.size() < 2 || out.values.size() > kMostValues)
    return wrong("from two to twenty values");
  return out;
}

}  // namespace rt
