#include "codec/http_date.hpp"

#include <algorithm>
#include <array>

namespace rt {
namespace {

constexpr std::int64_t kDay = 86400;
constexpr std::string_view kMonths = "JanFebMarAprMayJunJulAugSepOctNovDec";
constexpr std::string_view kWeekdays = "SunMonTueWedThuFriSat";
constexpr std::array<std::string_view, 7> kLongWeekdays = {
    "Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"};

// The years that four digits can name.
constexpr std::int64_t kFirst = -62167219200;  // 0000-01-01T00:00:00Z
constexpr std::int64_t kLast = 253402300799;   // 9999-12-31T23:59:59Z

struct Civil {
  int year = 0;
  int month = 0;  // 1 to 12
  int day = 0;
  int hour = 0;
  int minute = 0;
  int second = 0;
};

// The proleptic Gregorian calendar, counted from March of year 0 so that a leap day ends a year.
std::int64_t days_from_civil(int year, int month, int day) {
  const std::int64_t y = month > 2 ? year : year - 1;
  const std::int64_t era = (y >= 0 ? y : y - 399) / 400;
  const std::int64_t year_of_era = y - era * 400;
  const std::int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  return era * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year -
         719468;
}

Civil civil_from_seconds(std::int64_t seconds) {
  const std::int64_t days = (seconds >= 0 ? seconds : seconds - (kDay - 1)) / kDay;
  const auto of_day = static_cast<int>(seconds - days * kDay);
  const std::int64_t z = days + 719468;
  const std::int64_t era = (z >= 0 ? z : z - 146096) / 146097;
  const std::int64_t day_of_era = z - era * 146097;
  const std::int64_t year_of_era =
      (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
  const std::int64_t day_of_year =
      day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const std::int64_t march_month = (5 * day_of_year + 2) / 153;
  const std::int64_t month = march_month < 10 ? march_month + 3 : march_month - 9;
  Civil civil;
  civil.year = static_cast<int>(year_of_era + era * 400 + (month <= 2 ? 1 : 0));
  civil.month = static_cast<int>(month);
  civil.day = static_cast<int>(day_of_year - (153 * march_month + 2) / 5 + 1);
  civil.hour = of_day / 3600;
  civil.minute = of_day / 60 % 60;
  civil.second = of_day % 60;
  return civil;
}

bool leap_year(int year) {
  return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

std::optional<std::int64_t> seconds_from_civil(const Civil& c) {
  constexpr std::array<int, 12> kLengths = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const int length =
      kLengths[static_cast<std::size_t>(c.month - 1)] + (c.month == 2 && leap_year(c.year) ? 1 : 0);
  // Second 60 is a leap second.
  if (c.day < 1 || c.day > length || c.hour > 23 || c.minute > 59 || c.second > 60) {
    return std::nullopt;
  }
  return days_from_civil(c.year, c.month, c.day) * kDay + c.hour * 3600 + c.minute * 60 + c.second;
}

// Takes a text from its start, piece by piece; after the first piece that does not fit, nothing
// fits any more.
class Reader {
 public:
  explicit Reader(std::string_view text) : rest_(text) {}

  bool done() const { return fits_ && rest_.empty(); }

  Reader& literal(std::string_view wanted) {
    if (take(wanted.size()) != wanted) fits_ = false;
    return *this;
  }

  Reader& number(std::size_t digits, int& value) {
    value = 0;
    for (const char c : take(digits)) {
      if (c < '0' || c > '9') fits_ = false;
      value = value * 10 + (c - '0');
    }
    return *this;
  }

  // asctime() pads the day with a space.
  Reader& padded_day(int& value) {
    if (!rest_.empty() && rest_.front() == ' ') return literal(" ").number(1, value);
    return number(2, value);
  }

  Reader& weekday() {
    if (index_of(take(3), kWeekdays) < 0) fits_ = false;
    return *this;
  }

  Reader& long_weekday() {
    const std::string_view name = rest_.substr(0, rest_.find(','));
    const bool known =
        std::find(kLongWeekdays.begin(), kLongWeekdays.end(), name) != kLongWeekdays.end();
    if (!known) fits_ = false;
    take(name.size());
    return *this;
  }

  Reader& month(int& value) {
    const int index = index_of(take(3), kMonths);
    if (index < 0) fits_ = false;
    value = index + 1;
    return *this;
  }

  Reader& time(Civil& c) {
    return number(2, c.hour).literal(":").number(2, c.minute).literal(":").number(2, c.second);
  }

 private:
  static int index_of(std::string_view name, std::string_view names) {
    for (std::size_t i = 0; i < names.size(); i += 3) {
      if (names.substr(i, 3) == name) return static_cast<int>(i / 3);
    }
    return -1;
  }

  std::string_view take(std::size_t size) {
    if (rest_.size() < size) fits_ = false;
    if (!fits_) return {};
    const std::string_view piece = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return piece;
  }

  std::string_view rest_;
  bool fits_ = true;
};

// RFC 9110 section 5.6.7: a two-digit year is the latest that is not more than 50 years ahead.
std::optional<std::int64_t> nearest_century(Civil c, std::int64_t now) {
  Civil horizon = civil_from_seconds(std::clamp(now, kFirst, kLast));
  horizon.year += 50;
  const auto order = [](const Civil& d) {
    return std::array<int, 6>{d.year, d.month, d.day, d.hour, d.minute, d.second};
  };
  c.year += horizon.year / 100 * 100;
  if (order(c) > order(horizon)) c.year -= 100;
  if (c.year < 0 || c.year > 9999) return std::nullopt;
  return seconds_from_civil(c);
}

}  // namespace

std::string format_http_date(std::int64_t unix_seconds) {
  const std::int64_t seconds = std::clamp(unix_seconds, kFirst, kLast);
  const Civil c = civil_from_seconds(seconds);
  const std::int64_t days = (seconds - kFirst) / kDay;
  const auto weekday = static_cast<std::size_t>((days + 6) % 7);  // 0000-01-01 was a Saturday

  std::string text(kWeekdays.substr(weekday * 3, 3));
  const auto append = [&text](int value, std::size_t digits, std::string_view after) {
    std::array<char, 4> buffer;
    for (std::size_t i = digits; i-- > 0; value /= 10) {
      buffer[i] = static_cast<char>('0' + value % 10);
    }
    text.append(buffer.data(), digits).append(after);
  };
  text += ", ";
  append(c.day, 2, " ");
  text.append(kMonths.substr(static_cast<std::size_t>(c.month - 1) * 3, 3)).append(" ");
  append(c.year, 4, " ");
  append(c.hour, 2, ":");
  append(c.minute, 2, ":");
  append(c.second, 2, " GMT");
  return text;
}

std::optional<std::int64_t> parse_http_date(std::string_view text, std::int64_t now) {
  Civil c;
  Reader fixed(text);
  fixed.weekday().literal(", ").number(2, c.day).literal(" ").month(c.month).literal(" ");
  if (fixed.number(4, c.year).literal(" ").time(c).literal(" GMT").done()) {
    return seconds_from_civil(c);
  }
  Reader asctime(text);
  asctime.weekday().literal(" ").month(c.month).literal(" ").padded_day(c.day).literal(" ");
  if (asctime.time(c).literal(" ").number(4, c.year).done()) return seconds_from_civil(c);

  Reader rfc850(text);
  rfc850.long_weekday().literal(", ").number(2, c.day).literal("-").month(c.month).literal("-");
  if (rfc850.number(2, c.year).literal(" ").time(c).literal(" GMT").done()) {
    return nearest_century(c, now);
  }
  return std::nullopt;
}

}  // namespace rt
