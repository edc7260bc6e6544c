#include "codec/http_date.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <limits>
#include <optional>
#include <string>

using rt::format_http_date;
using rt::parse_http_date;

namespace {

constexpr std::int64_t kNow = 1767323045;  // 2026-01-02T03:04:05Z

}  // namespace

TEST_CASE("http_date: the fixed form, both ways") {
  struct Row {
    std::int64_t seconds;
    const char* text;
  };
  const Row rows[] = {
      {0, "Thu, 01 Jan 1970 00:00:00 GMT"},
      {-1, "Wed, 31 Dec 1969 23:59:59 GMT"},
      {784111777, "Sun, 06 Nov 1994 08:49:37 GMT"},
      {951782400, "Tue, 29 Feb 2000 00:00:00 GMT"},
      {951868800, "Wed, 01 Mar 2000 00:00:00 GMT"},
      {kNow, "Fri, 02 Jan 2026 03:04:05 GMT"},
      {2147483648, "Tue, 19 Jan 2038 03:14:08 GMT"},
      {4107542399, "Sun, 28 Feb 2100 23:59:59 GMT"},
      {4107542400, "Mon, 01 Mar 2100 00:00:00 GMT"},
      {253402300799, "Fri, 31 Dec 9999 23:59:59 GMT"},
      {-62135596800, "Mon, 01 Jan 0001 00:00:00 GMT"},
      {-62167219200, "Sat, 01 Jan 0000 00:00:00 GMT"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    CHECK(format_http_date(row.seconds) == row.text);
    CHECK(parse_http_date(row.text, kNow) == row.seconds);
  }
  CHECK(format_http_date(std::numeric_limits<std::int64_t>::max()) == rows[9].text);
  CHECK(format_http_date(std::numeric_limits<std::int64_t>::min()) == rows[11].text);
  for (std::int64_t day = 0; day < 800; ++day) {
    const std::int64_t seconds = kNow + day * 86400;
    CHECK(parse_http_date(format_http_date(seconds), kNow) == seconds);
  }
}

TEST_CASE("http_date: the obsolete forms") {
  struct Row {
    const char* text;
    std::int64_t now;
    std::optional<std::int64_t> seconds;
  };
  const Row rows[] = {
      {"Sunday, 06-Nov-94 08:49:37 GMT", kNow, 784111777},
      {"Sun Nov  6 08:49:37 1994", kNow, 784111777},
      {"Sun Nov 06 08:49:37 1994", kNow, 784111777},
      {"Fri Nov 16 08:49:37 2018", kNow, 1542358177},
      // 50 years from now and a second more
      {"Thursday, 02-Jan-76 03:04:05 GMT", kNow, 3345159845},
      {"Friday, 02-Jan-76 03:04:06 GMT", kNow, 189399846},
      {"Tuesday, 01-Jan-19 00:00:00 GMT", kNow, 1546300800},
      {"Tuesday, 01-Jan-19 00:00:00 GMT", 3471292800, 4701974400},  // in 2080 it is 2119
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    CHECK(parse_http_date(row.text, row.now) == row.seconds);
  }
}

TEST_CASE("http_date: anything else is refused") {
  const std::string good[] = {"Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT",
                              "Sun Nov  6 08:49:37 1994"};
  for (const std::string& text : good) {
    CAPTURE(text);
    for (std::size_t size = 0; size < text.size(); ++size) {
      CHECK_FALSE(parse_http_date(text.substr(0, size), kNow));
    }
    CHECK_FALSE(parse_http_date(text + " ", kNow));
    CHECK_FALSE(parse_http_date(" " + text, kNow));
  }
  const char* rows[] = {
      "Sun, 6 Nov 1994 08:49:37 GMT",   "Sun, 06 Nov 1994 08:49:37 UTC",
      "sun, 06 Nov 1994 08:49:37 GMT",  "Sun, 06 nov 1994 08:49:37 GMT",
      "Sun, 00 Nov 1994 08:49:37 GMT",  "Sun, 31 Nov 1994 08:49:37 GMT",
      "Sun, 29 Feb 1900 08:49:37 GMT",  "Sun, 06 Nov 1994 24:00:00 GMT",
      "Sun, 06 Nov 1994 08:60:37 GMT",  "Sun, 06 Nov 1994 08:49:61 GMT",
      "Sun, 06 Nov 94 08:49:37 GMT",    "Xxx, 06 Nov 1994 08:49:37 GMT",
      "Sun, 06 Xxx 1994 08:49:37 GMT",  "Sun, -6 Nov 1994 08:49:37 GMT",
      "Sun, 06 Nov 1994  8:49:37 GMT",  "Sun,  06 Nov 1994 08:49:37 GMT",
      "Sun, 06 Nov +994 08:49:37 GMT",  "Sun-day, 06-Nov-94 08:49:37 GMT",
      "Sunday, 06 Nov 94 08:49:37 GMT", "un, 06 Nov 1994 08:49:37 GMT",
      "1994-11-06T08:49:37Z",           "784111777",
  };
  for (const char* text : rows) {
    CAPTURE(text);
    CHECK_FALSE(parse_http_date(text, kNow));
  }
  // It would be 10049, which no other form can say.
  CHECK_FALSE(parse_http_date("Sunday, 06-Nov-49 08:49:37 GMT", 253402300799));
  CHECK(parse_http_date("Sat, 31 Dec 2016 23:59:60 GMT", kNow) == 1483228800);
}
