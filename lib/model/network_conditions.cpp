#include "model/network_conditions.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <vector>

#include "base/text.hpp"

namespace rt {
namespace {

using Microseconds = std::chrono::microseconds;

struct Named {
  std::string_view name;
  NetworkConditions conditions;
};

constexpr std::uint64_t kMbit = 1'000'000;

constexpr std::array<Named, 5> kNamed = {{
    {"lan", {Microseconds(500), Microseconds(100), 1000 * kMbit, 1000 * kMbit}},
    {"wifi", {Microseconds(6'000), Microseconds(3'000), 100 * kMbit, 50 * kMbit}},
    {"4g", {Microseconds(60'000), Microseconds(20'000), 20 * kMbit, 8 * kMbit}},
    {"3g", {Microseconds(150'000), Microseconds(50'000), 1'600'000, 750'000}},
    {"satellite", {Microseconds(600'000), Microseconds(20'000), 20 * kMbit, 3 * kMbit}},
}};

struct Unit {
  std::string_view name;
  std::uint64_t size;
};

constexpr std::array<Unit, 3> kTimes = {{{"us", 1}, {"ms", 1'000}, {"s", 1'000'000}}};
// The longer names first: each ends in the last one.
constexpr std::array<Unit, 4> kRates = {
    {{"gbit", 1'000 * kMbit}, {"mbit", kMbit}, {"kbit", 1'000}, {"bit", 1}}};

constexpr std::uint64_t kLongest = 60'000'000;         // a minute
constexpr std::uint64_t kFastest = 1'000'000 * kMbit;  // a terabit

// A number with at most six decimals, and a unit, which decides what the number counts.
template <std::size_t N>
std::optional<std::uint64_t> measured(std::string_view text, const std::array<Unit, N>& units) {
  for (const Unit& unit : units) {
    if (!text.ends_with(unit.name)) continue;
    const std::string_view number = text.substr(0, text.size() - unit.name.size());
    const std::size_t point = std::min(number.find('.'), number.size());
    const auto whole = parse_uint(number.substr(0, point));
    if (!whole || *whole > kFastest) return std::nullopt;
    std::uint64_t value = *whole * unit.size;
    if (*whole != 0 && value / *whole != unit.size) return std::nullopt;
    if (point < number.size()) {
      const std::string_view decimals = number.substr(point + 1);
      const auto part = parse_uint(decimals);
      if (!part || decimals.size() > 6) return std::nullopt;
      std::uint64_t scale = 1;
      for (std::size_t i = 0; i < decimals.size(); ++i) scale *= 10;
      value += *part * unit.size / scale;
    }
    return value;
  }
  return std::nullopt;
}

Error wrong(std::string_view what, std::string_view form) {
  return Error(Fault::usage, "'" + printable(what, 40) + "' is no network: " + std::string(form));
}

Result<void> take(NetworkConditions& out, std::string_view part) {
  const std::size_t equals = part.find('=');
  if (equals == std::string_view::npos)
    return wrong(part, "lan, wifi, 4g, 3g, satellite or such as rtt=80ms,down=2mbit");
  const std::string_view name = part.substr(0, equals), value = part.substr(equals + 1);
  if (name == "rtt" || name == "jitter") {
    const auto time = measured(value, kTimes);
    if (!time) return wrong(part, "a time is written like 80ms");
    if (*time > kLongest) return wrong(part, "a minute at most");
    (name == "rtt" ? out.rtt : out.jitter) = Microseconds(static_cast<std::int64_t>(*time));
    return {};
  }
  if (name == "down" || name == "up") {
    const auto rate = measured(value, kRates);
    if (!rate) return wrong(part, "a rate is written like 2mbit");
    if (*rate < 1'000 || *rate > kFastest) return wrong(part, "from 1kbit to 1000gbit");
    (name == "down" ? out.down : out.up) = *rate;
    return {};
  }
  return wrong(part, "rtt, jitter, down and up can be set");
}

template <std::size_t N>
void append(std::string& out, std::string_view name, std::uint64_t value,
            const std::array<Unit, N>& units) {
  if (value == 0) return;
  const Unit* best = nullptr;
  for (const Unit& unit : units)
    if (value % unit.size == 0 && (!best || unit.size > best->size)) best = &unit;
  if (!out.empty()) out += ',';
  out += std::string(name) + "=" + std::to_string(value / best->size) + std::string(best->name);
}

}  // namespace

Result<NetworkConditions> parse_network_conditions(std::string_view text) {
  NetworkConditions out;
  const std::vector<std::string_view> parts = split(text, ',');
  const auto named = std::find_if(kNamed.begin(), kNamed.end(),
                                  [&](const Named& known) { return known.name == parts.front(); });
  if (named != kNamed.end()) out = named->conditions;
  for (std::size_t i = named != kNamed.end() ? 1 : 0; i < parts.size(); ++i) {
    const Result<void> taken = take(out, parts[i]);
    if (!taken) return taken.error();
  }
  if (out.jitter > out.rtt)
    return Error(Fault::usage, "the jitter of a network is at most its rtt, here " +
                                   network_conditions_text(out));
  return out;
}

std::string network_conditions_text(const NetworkConditions& conditions) {
  std::string out;
  append(out, "rtt", static_cast<std::uint64_t>(conditions.rtt.count()), kTimes);
  append(out, "jitter", static_cast<std::uint64_t>(conditions.jitter.count()), kTimes);
  append(out, "down", conditions.down, kRates);
  append(out, "up", conditions.up, kRates);
  return out.empty() ? "none" : out;
}

}  // namespace rt
