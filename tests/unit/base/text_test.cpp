#include "base/text.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

using namespace rt;
using namespace std::string_literals;

TEST_CASE("text: well-formed UTF-8") {
  struct Row {
    std::string bytes;
    bool valid;
  };
  const Row rows[] = {
      {"", true},
      {"plain text that is longer than eight bytes", true},
      {"a\0b"s, true},
      {"\x7F", true},
      {"\xC2\x80", true},
      {"\xDF\xBF", true},
      {"\xE0\xA0\x80", true},
      {"\xED\x9F\xBF", true},
      {"\xEE\x80\x80", true},
      {"\xEF\xBF\xBF", true},
      {"\xF0\x90\x80\x80", true},
      {"\xF4\x8F\xBF\xBF", true},
      {"\x80", false},
      {"\xBF", false},
      {"\xC0\x80", false},          // overlong
      {"\xC1\xBF", false},          // overlong
      {"\xE0\x9F\xBF", false},      // overlong
      {"\xF0\x8F\xBF\xBF", false},  // overlong
      {"\xED\xA0\x80", false},      // a surrogate
      {"\xED\xBF\xBF", false},      // a surrogate
      {"\xF4\x90\x80\x80", false},  // above U+10FFFF
      {"\xF5\x80\x80\x80", false},
      {"\xFE", false},
      {"\xFF", false},
      {"\xC2", false},
      {"\xC2\x41", false},
      {"\xC2\xC2", false},
      {"\xE2\x82", false},
      {"\xE2\x82\x41", false},
      {"\xE2\x41\xAC", false},
      {"\xF0\x9F\x98", false},
      {"\xF0\x9F\x98\x41", false},
      {"\xF0\x9F\x41\x80", false},
      {"\xF0\x41\x98\x80", false},
  };
  for (const Row& row : rows) {
    // At every place relative to the eight-byte steps, alone and with text behind.
    for (std::size_t shift = 0; shift <= 17; ++shift) {
      CAPTURE(row.bytes);
      CAPTURE(shift);
      CHECK(valid_utf8(std::string(shift, 'x') + row.bytes) == row.valid);
      CHECK(valid_utf8(std::string(shift, 'x') + row.bytes + "123456789") == row.valid);
    }
  }
  const std::string mixed = "a\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80z";
  const std::vector<std::size_t> boundaries = {0, 1, 3, 6, 10, 11};
  for (std::size_t n = 0; n <= mixed.size(); ++n) {
    const bool boundary = std::find(boundaries.begin(), boundaries.end(), n) != boundaries.end();
    CHECK(valid_utf8(mixed.substr(0, n)) == boundary);
    CHECK(valid_utf8(mixed.substr(n)) == boundary);
  }
}

TEST_CASE("text: ASCII case") {
  for (int c = 0; c < 256; ++c) {
    const auto byte = static_cast<char>(c);
    const bool upper = c >= 'A' && c <= 'Z';
    CHECK(ascii_lower(byte) == (upper ? static_cast<char>(c + 32) : byte));
  }
  CHECK(ascii_lower("Content-TYPE \xC4") == "content-type \xC4");
  CHECK(iequals("", ""));
  CHECK(iequals("Keep-Alive", "keep-alive"));
  CHECK_FALSE(iequals("a", "ab"));
  CHECK_FALSE(iequals("@", "`"));
  CHECK_FALSE(iequals("[", "{"));
}

TEST_CASE("text: trim and split") {
  struct Row {
    const char* text;
    const char* trimmed;
  };
  for (const Row& row : {Row{"", ""}, Row{" \t ", ""}, Row{"a", "a"}, Row{"\t a b \t", "a b"},
                         Row{"\r\na\n", "\r\na\n"}})
    CHECK(trim(row.text) == row.trimmed);
  using Parts = std::vector<std::string_view>;
  CHECK(split("", ',') == Parts{""});
  CHECK(split("a", ',') == Parts{"a"});
  CHECK(split(",", ',') == Parts{"", ""});
  CHECK(split("a,,b,", ',') == Parts{"a", "", "b", ""});
}

TEST_CASE("text: unsigned numbers") {
  struct Row {
    std::string text;
    std::optional<std::uint64_t> value;
  };
  const Row rows[] = {
      {"0", 0},
      {"007", 7},
      {"18446744073709551615", UINT64_MAX},
      {"18446744073709551616", std::nullopt},
      {"99999999999999999999999", std::nullopt},
      {"", std::nullopt},
      {"-1", std::nullopt},
      {"+1", std::nullopt},
      {" 1", std::nullopt},
      {"1 ", std::nullopt},
      {"1a", std::nullopt},
      {"0x1", std::nullopt},
      {"1.0", std::nullopt},
      {"1\0"s, std::nullopt},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    CHECK(parse_uint(row.text) == row.value);
  }
}

TEST_CASE("text: sizes") {
  constexpr std::uint64_t kKi = 1024;
  struct Row {
    std::string text;
    std::optional<std::uint64_t> bytes;
  };
  const Row rows[] = {
      {"0", 0},
      {"500", 500},
      {"500B", 500},
      {"64k", 64 * kKi},
      {"64K", 64 * kKi},
      {"64kB", 64 * kKi},
      {"64KiB", 64 * kKi},
      {"16MiB", 16 * kKi * kKi},
      {"16m", 16 * kKi * kKi},
      {"1G", kKi * kKi * kKi},
      {"2TiB", 2 * kKi * kKi * kKi * kKi},
      {"1.5k", 1536},
      {".5k", 512},
      {"1.k", 1024},
      {"0.3M", 314'572},
      {"1.9", 1},
      {"9007199254740993", 9007199254740993},  // more than a double holds
      {"9223372036854775807", INT64_MAX},
      {"9223372036854775808", std::nullopt},
      {"8388607T", 8388607ull << 40},
      {"8388608T", std::nullopt},
      {"18446744073709551616", std::nullopt},
      {std::string(400, '9'), std::nullopt},
      {"0." + std::string(400, '0') + "1", 0},
      {"1." + std::string(400, '9') + "k", 2047},
      {"", std::nullopt},
      {"k", std::nullopt},
      {".", std::nullopt},
      {".k", std::nullopt},
      {"-1", std::nullopt},
      {"+1", std::nullopt},
      {"1 k", std::nullopt},
      {"1..5", std::nullopt},
      {"1.5.5k", std::nullopt},
      {"1x", std::nullopt},
      {"1kk", std::nullopt},
      {"1kiBs", std::nullopt},
      {"1Bk", std::nullopt},
      {"1e3", std::nullopt},
      {"inf", std::nullopt},
      {"nan", std::nullopt},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    CHECK(parse_size(row.text) == row.bytes);
  }
}

TEST_CASE("text: time spans") {
  struct Row {
    std::string text;
    std::optional<std::int64_t> ms;
  };
  const Row rows[] = {
      {"0", 0},
      {"5", 5000},
      {"5s", 5000},
      {"2.5s", 2500},
      {"2.5", 2500},
      {"0.29", 290},
      {"0.57s", 570},
      {"1.001", 1001},
      {"150ms", 150},
      {"1.9ms", 1},
      {"5m", 300'000},
      {"5min", 300'000},
      {"1.5h", 5'400'000},
      {"1d", 86'400'000},
      {"0.0001", 0},
      {"100000000000", 100'000'000'000'000},
      {"100000000000.001", std::nullopt},
      {"99999999999999999999", std::nullopt},
      {"1157407d", 99'999'964'800'000},
      {"1157408d", std::nullopt},
      {"", std::nullopt},
      {"s", std::nullopt},
      {"-5", std::nullopt},
      {"5S", std::nullopt},
      {"5M", std::nullopt},
      {"5 s", std::nullopt},
      {"5w", std::nullopt},
      {"5ss", std::nullopt},
      {"1h30m", std::nullopt},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    CHECK(parse_duration_ms(row.text) == row.ms);
  }
}

TEST_CASE("text: percent-encoding") {
  struct Row {
    std::string bytes;
    const char* segment;   // a path segment
    const char* path;      // keeping '/'
    const char* anything;  // a query's value
  };
  const Row rows[] = {
      {"", "", "", ""},
      {"azAZ09-._~", "azAZ09-._~", "azAZ09-._~", "azAZ09-._~"},
      {"a/b", "a%2Fb", "a/b", "a%2Fb"},
      {"!$&'()*+,;=:@", "!$&'()*+,;=:@", "!$&'()*+,;=:@",
       "%21%24%26%27%28%29%2A%2B%2C%3B%3D%3A%40"},
      {"?#[]%", "%3F%23%5B%5D%25", "%3F%23%5B%5D%25", "%3F%23%5B%5D%25"},
      {" \"<>\\^`{|}", "%20%22%3C%3E%5C%5E%60%7B%7C%7D", "%20%22%3C%3E%5C%5E%60%7B%7C%7D",
       "%20%22%3C%3E%5C%5E%60%7B%7C%7D"},
      {"\0\r\n\x7F\xFF"s, "%00%0D%0A%7F%FF", "%00%0D%0A%7F%FF", "%00%0D%0A%7F%FF"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.bytes);
    CHECK(percent_encode_path(row.bytes, false) == row.segment);
    CHECK(percent_encode_path(row.bytes, true) == row.path);
    CHECK(percent_encode(row.bytes) == row.anything);
    for (const char* text : {row.segment, row.path, row.anything})
      CHECK(percent_decode(text) == row.bytes);
  }
  CHECK(percent_decode("%c3%A4+%20") == "\xC3\xA4+ ");
  CHECK(percent_decode("%2525") == "%25");
  for (const char* bad : {"%", "a%", "%4", "%4g", "%g4", "%%41", "% 41", "%-1", "ab%4"}) {
    CAPTURE(bad);
    CHECK(percent_decode(bad) == std::nullopt);
  }
}

TEST_CASE("text: base64") {
  struct Row {
    std::string bytes;
    std::string text;
  };
  const Row rows[] = {
      // RFC 4648, section 10
      {"", ""},
      {"f", "Zg=="},
      {"fo", "Zm8="},
      {"foo", "Zm9v"},
      {"foob", "Zm9vYg=="},
      {"fooba", "Zm9vYmE="},
      {"foobar", "Zm9vYmFy"},
      {"\xFB\xEF\xBE\xFF"s, "++++/w=="},
      {"\0\0\0"s, "AAAA"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    CHECK(base64_encode(row.bytes) == row.text);
    CHECK(base64_decode(row.text) == row.bytes);
    for (std::size_t n = 0; n < row.text.size(); ++n)
      CHECK(base64_decode(row.text.substr(0, n)).has_value() == (n % 4 == 0));
  }
  std::string all;
  for (int c = 0; c < 256; ++c) all += static_cast<char>(c);
  for (std::size_t n = 0; n <= all.size(); ++n)
    CHECK(base64_decode(base64_encode(all.substr(0, n))) == all.substr(0, n));
  const std::string bad[] = {
      "Zg",   "Zg=",    "Zg===", "=",        "====", "Z===",     "=Zg=",     "Z=g=",   "Zg=v",
      "Zh==",  // bits beyond the last byte
      "Zm9=", "Zm9v\n", "Zm9v ", "Zm 9v===", "Zm-_", "Zg==Zg==", "Zm9vZ===", "Zm9\0"s,
  };
  for (const std::string& text : bad) {
    CAPTURE(text);
    CHECK(base64_decode(text) == std::nullopt);
  }
}

TEST_CASE("text: printable") {
  struct Row {
    std::string bytes;
    std::size_t limit;
    std::string text;
  };
  const Row rows[] = {
      {"", 80, ""},
      {"plain \xC3\xA4 \xF0\x9F\x98\x80", 80, "plain \xC3\xA4 \xF0\x9F\x98\x80"},
      {"a\n\r\t\0b"s, 80, "a\\x0A\\x0D\\x09\\x00b"},
      {"\x1B[31m", 80, "\\x1B[31m"},
      {"\x7F", 80, "\\x7F"},
      {"\xC2\x9B", 80, "\\xC2\\x9B"},  // the one-character CSI
      {"\xC2\xA0", 80, "\xC2\xA0"},
      {"\u061C", 80, "\\xD8\\x9C"},
      {"\u200D\u200E\u200F\u2010", 80, "\u200D\\xE2\\x80\\x8E\\xE2\\x80\\x8F\u2010"},
      {"\u2027\u2028\u2029", 80, "\u2027\\xE2\\x80\\xA8\\xE2\\x80\\xA9"},
      {"a\u202Aa", 80, "a\\xE2\\x80\\xAAa"},
      {"\u202B\u202C", 80, "\\xE2\\x80\\xAB\\xE2\\x80\\xAC"},
      {"\u202D\u202E\u202F", 80, "\\xE2\\x80\\xAD\\xE2\\x80\\xAE\u202F"},
      {"\u2065\u2066\u2067", 80, "\u2065\\xE2\\x81\\xA6\\xE2\\x81\\xA7"},
      {"\u2068\u2069\u206A", 80, "\\xE2\\x81\\xA8\\xE2\\x81\\xA9\u206A"},
      {"\uFEFF\uFF00", 80, "\\xEF\\xBB\\xBF\uFF00"},
      {"\u202E", 11, "..."},
      {"\xFF\xC3", 80, "\\xFF\\xC3"},
      {"\xE2\x82", 80, "\\xE2\\x82"},
      {"abc", 3, "abc"},
      {"abcd", 3, "abc..."},
      {"ab\n", 5, "ab..."},
      {"ab\n", 6, "ab\\x0A"},
      {"ab\xC3\xA4", 3, "ab..."},
      {"ab\xC3\xA4", 4, "ab\xC3\xA4"},
      {"a", 0, "..."},
      {std::string(200, 'x'), 80, std::string(80, 'x') + "..."},
  };
  for (const Row& row : rows) {
    CAPTURE(row.bytes);
    CHECK(printable(row.bytes, row.limit) == row.text);
  }
}

TEST_CASE("text: as a terminal may have it") {
  struct Row {
    std::string bytes;
    std::string text;
  };
  const Row rows[] = {
      {"", ""},
      {"two\n\tlines \u00E4 \u05D0\u200F \U0001F600",
       "two\n\tlines \u00E4 \u05D0\u200F \U0001F600"},
      {"\x1B]52;c;cm0K\x07", "\\x1B]52;c;cm0K\\x07"},
      {"over\rwritten\b", "over\\x0Dwritten\\x08"},
      {"\0\x01\x1F\x7F"s, "\\x00\\x01\\x1F\\x7F"},
      {"\u009B2J", "\\xC2\\x9B2J"},
      {"\x9B"
       "2J\xFF\xE2\x82",
       "\\x9B2J\\xFF\\xE2\\x82"},
      {"\u00A0", "\u00A0"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.bytes);
    std::string out = "before";
    append_visible(out, row.bytes);
    CHECK(out == "before" + row.text);
  }
}

TEST_CASE("text: suggestions") {
  const std::vector<std::string_view> words = {"http", "https", "--retry", "--retain", "sub"};
  struct Row {
    std::string typed;
    std::optional<std::string_view> meant;
  };
  const Row rows[] = {
      {"htp", "http"},
      {"htps", "https"},
      {"htpt", "http"},  // exchanged neighbours are one step
      {"--rety", "--retry"},
      {"--retian", "--retain"},
      {"subs", "sub"},
      {"sbu", "sub"},
      {"http", "http"},
      {"gopher", std::nullopt},
      {"xyz", std::nullopt},
      {"", std::nullopt},
      {std::string(65, 'h'), std::nullopt},
  };
  for (const Row& row : rows) {
    CAPTURE(row.typed);
    CHECK(suggestion(row.typed, words) == row.meant);
  }
  CHECK(suggestion("http", {}) == std::nullopt);
}
