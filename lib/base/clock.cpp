#include "base/clock.hpp"

#include <time.h>

#include <algorithm>
#include <cstdint>
#include <utility>

#include "base/text.hpp"

namespace rt {
namespace {

void put_digits(char* out, std::int64_t value, int width) {
  for (int i = width - 1; i >= 0; --i) {
    out[i] = static_cast<char>('0' + value % 10);
    value /= 10;
  }
}

// Reads exactly `width` digits off the front.
std::optional<int> take_digits(std::string_view& text, std::size_t width) {
  if (text.size() < width) return std::nullopt;
  const auto value = parse_uint(text.substr(0, width));
  if (!value) return std::nullopt;
  text.remove_prefix(width);
  return static_cast<int>(*value);
}

bool take(std::string_view& text, char c) {
  if (text.empty() || ascii_lower(text[0]) != ascii_lower(c)) return false;
  text.remove_prefix(1);
  return true;
}

}  // namespace

WallTime wall_now() {
  return std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now());
}

void append_time(std::string& out, WallTime time) {
  using namespace std::chrono;
  // Other years do not have four digits.
  constexpr WallTime kFirst{sys_days{year{0} / 1 / 1}};
  constexpr WallTime kLast{sys_days{year{9999} / 12 / 31} + days{1} - microseconds{1}};
  time = std::clamp(time, kFirst, kLast);
  const auto day = floor<days>(time);
  const year_month_day date{day};
  const std::int64_t micros = (time - day).count();
  char text[] = "0000-00-00T00:00:00.000000Z";
  put_digits(text, static_cast<int>(date.year()), 4);
  put_digits(text + 5, static_cast<unsigned>(date.month()), 2);
  put_digits(text + 8, static_cast<unsigned>(date.day()), 2);
  const std::int64_t seconds_of_day = micros / 1'000'000;
  put_digits(text + 11, seconds_of_day / 3600, 2);
  put_digits(text + 14, seconds_of_day / 60 % 60, 2);
  put_digits(text + 17, seconds_of_day % 60, 2);
  put_digits(text + 20, micros % 1'000'000, 6);
  out.append(text, sizeof text - 1);
}

std::string format_time(WallTime time) {
  std::string out;
  append_time(out, time);
  return out;
}

std::string local_time(WallTime time, const std::string& format) {
  constexpr std::size_t kMost = 64u << 10;
  const auto second = std::chrono::floor<std::chrono::seconds>(time.time_since_epoch()).count();
  const auto clock = static_cast<time_t>(second);
  tm local{};
  tzset();  // localtime_r need not do it
  if (localtime_r(&clock, &local) == nullptr) return {};
  // strftime gives 0 for too little room and for nothing to write: the mark is always written.
  const std::string marked = "=" + format;
  for (std::string text(256, '\0'); text.size() <= kMost; text.resize(text.size() * 4)) {
    const std::size_t size = strftime(text.data(), text.size(), marked.c_str(), &local);
    if (size > 0) return text.substr(1, size - 1);
  }
  return {};
}

std::optional<WallTime> parse_time(std::string_view text) {
  using namespace std::chrono;
  const auto y = take_digits(text, 4);
  if (!y || !take(text, '-')) return std::nullopt;
  const auto mo = take_digits(text, 2);
  if (!mo || !take(text, '-')) return std::nullopt;
  const auto d = take_digits(text, 2);
  if (!d || !take(text, 'T')) return std::nullopt;
  const auto h = take_digits(text, 2);
  if (!h || !take(text, ':')) return std::nullopt;
  const auto mi = take_digits(text, 2);
  if (!mi || !take(text, ':')) return std::nullopt;
  const auto s = take_digits(text, 2);
  if (!s) return std::nullopt;
  const year_month_day date{year{*y}, month{static_cast<unsigned>(*mo)},
                            day{static_cast<unsigned>(*d)}};
  if (!date.ok() || *h > 23 || *mi > 59 || *s > 60) return std::nullopt;

  std::int64_t micros = 0;
  if (take(text, '.')) {
    std::size_t n = 0;
    std::int64_t scale = 100'000;
    for (; n < text.size() && text[n] >= '0' && text[n] <= '9'; ++n, scale /= 10)
      micros += (text[n] - '0') * scale;
    if (n == 0 || n > 9) return std::nullopt;
    text.remove_prefix(n);
  }

  minutes offset{0};
  if (!take(text, 'Z')) {
    const bool east = take(text, '+');
    if (!east && !take(text, '-')) return std::nullopt;
    const auto oh = take_digits(text, 2);
    if (!oh || !take(text, ':')) return std::nullopt;
    const auto om = take_digits(text, 2);
    if (!om || *oh > 23 || *om > 59) return std::nullopt;
    offset = hours{*oh} + minutes{*om};
    if (!east) offset = -offset;
  }
  if (!text.empty()) return std::nullopt;
  return WallTime(sys_days{date}) + hours{*h} + minutes{*mi} + seconds{*s} - offset +
         microseconds{micros};
}

namespace {

constexpr std::int64_t kMostSeconds = std::int64_t{36525} * 24 * 3600;
constexpr std::int64_t kMostMicroseconds = kMostSeconds * 1'000'000;

// mantissa * 10^exponent, as JSON writes numbers; of more than 18 digits the first.
struct Decimal {
  std::int64_t mantissa = 0;
  int exponent = 0;

  // Nothing when there is no room for it.
  std::optional<std::int64_t> times_ten_to(int more) const {
    std::int64_t value = mantissa;
    int left = exponent + more;
    for (; left < 0 && value > 0; ++left) value /= 10;
    for (; left > 0 && value > 0 && value <= kMostMicroseconds; --left) value *= 10;
    return value <= kMostMicroseconds ? std::optional(value) : std::nullopt;
  }
};

std::optional<Decimal> decimal_of(std::string_view text) {
  constexpr std::int64_t kMostMantissa = 100'000'000'000'000'000;
  Decimal out;
  bool digits = false;
  bool fraction = false;
  std::size_t at = 0;
  for (; at < text.size() && (text[at] == '.' || (text[at] >= '0' && text[at] <= '9')); ++at) {
    if (text[at] == '.') {
      if (std::exchange(fraction, true)) return std::nullopt;
      continue;
    }
    digits = true;
    const bool fits = out.mantissa < kMostMantissa;
    if (fits) out.mantissa = out.mantissa * 10 + (text[at] - '0');
    if (fits && fraction) --out.exponent;
    if (!fits && !fraction) ++out.exponent;
  }
  text.remove_prefix(at);
  if (!digits) return std::nullopt;
  if (text.empty()) return out;
  if (!take(text, 'e')) return std::nullopt;
  const bool small = take(text, '-');
  if (!small) (void)take(text, '+');
  const auto power = parse_uint(text);
  if (!power || *power > 400) return std::nullopt;
  out.exponent += small ? -static_cast<int>(*power) : static_cast<int>(*power);
  return out;
}

}  // namespace

std::optional<std::chrono::microseconds> microseconds_of(std::string_view text) {
  const auto number = decimal_of(text);
  const auto value = number ? number->times_ten_to(6) : std::nullopt;
  if (!value) return std::nullopt;
  return std::chrono::microseconds(*value);
}

// The unit follows from the magnitude: of all four only one gives a year between 1973 and 2069.
std::optional<WallTime> moment_of(std::string_view text) {
  if (const auto time = parse_time(text)) return time;
  const auto number = decimal_of(text);
  if (!number) return std::nullopt;
  for (const int power : {6, 3, 0, -3}) {
    const auto value = number->times_ten_to(power);
    if (value && *value >= 100'000'000'000'000 && *value <= kMostMicroseconds)
      return WallTime(std::chrono::microseconds(*value));
  }
  return std::nullopt;
}

}  // namespace rt
