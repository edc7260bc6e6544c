#include "cli/options/values.hpp"

#include <doctest/doctest.h>

using namespace rt;
using namespace rt::cli;

namespace {

using ReadText = Problem (*)(std::string_view, std::string&);

struct TextCase {
  std::string_view text;
  const char* expected;  // null: refused
};

void check_all(ReadText read, std::initializer_list<TextCase> cases) {
  for (const TextCase& c : cases) {
    CAPTURE(c.text);
    std::string value = "untouched";
    const Problem problem = read(c.text, value);
    CHECK(problem.empty() == (c.expected != nullptr));
    CHECK(value == (c.expected != nullptr ? c.expected : "untouched"));
  }
}

}  // namespace

TEST_CASE("durations") {
  struct Case {
    const char* text;
    std::int64_t least;
    std::int64_t expected;  // -1: refused
  };
  const Case cases[] = {{"5", 1, 5000},
                        {"150ms", 1, 150},
                        {"2.5s", 1, 2500},
                        {"5m", 1, 300'000},
                        {"1d", 1, 86'400'000},
                        {"0", 0, 0},
                        {"0", 1, -1},
                        {"0.0001ms", 1, -1},
                        {"-5", 0, -1},
                        {"", 0, -1},
                        {"5x", 0, -1},
                        {"5 s", 0, -1},
                        {"3650d", 1, 315'360'000'000},
                        {"3651d", 1, -1},
                        {"99999999999999999999", 1, -1}};
  for (const Case& c : cases) {
    CAPTURE(c.text);
    Milliseconds value{-1};
    CHECK(read_duration(c.text, Milliseconds(c.least), value).empty() == (c.expected >= 0));
    CHECK(value.count() == c.expected);
  }
}

TEST_CASE("durations and sizes are shown as they are read") {
  for (const char* text : {"500ms", "1500ms", "1s", "5s", "1m", "90s", "2h", "0s"}) {
    Milliseconds value{};
    REQUIRE(read_duration(text, 0ms, value) == "");
    CHECK(show_duration(value) == text);
  }
  for (const char* text : {"1", "1023", "1KiB", "16MiB", "3GiB", "4096GiB", "1537"}) {
    std::uint64_t value = 0;
    REQUIRE(read_size(text, 1, kMostBytes, value) == "");
    CHECK(show_size(value) == text);
  }
}

TEST_CASE("sizes and counts have bounds") {
  std::uint64_t value = 7;
  CHECK(read_size("0", 1, 100, value) == "must be at least 1");
  CHECK(read_size("101", 1, 100, value) == "too large: at most 100");
  CHECK_FALSE(read_size("x", 1, 100, value).empty());
  CHECK_FALSE(read_count("0", 1, value).empty());
  CHECK_FALSE(read_count("-1", 1, value).empty());
  CHECK_FALSE(read_count("1.5", 1, value).empty());
  CHECK_FALSE(read_count("18446744073709551615", 1, value).empty());
  CHECK_FALSE(read_count("18446744073709551616", 1, value).empty());
  CHECK(value == 7);
  CHECK(read_count("18", 1, value) == "");
  CHECK(value == 18);
}

TEST_CASE("escapes") {
  struct Case {
    std::string_view text;
    std::string_view expected;
    bool ok;
  };
  using namespace std::string_view_literals;
  const Case cases[] = {{"\\n", "\n", true},
                        {"\\r\\n", "\r\n", true},
                        {"a\\tb", "a\tb", true},
                        {"\\0", "\0"sv, true},
                        {"\\x00\\xfF", "\0\xff"sv, true},
                        {"\\\\n", "\\n", true},
                        {"--", "--", true},
                        {"", "", false},
                        {"\\", "", false},
                        {"a\\", "", false},
                        {"\\x", "", false},
                        {"\\x1", "", false},
                        {"\\xg0", "", false},
                        {"\\x0g", "", false},
                        {"\\q", "", false}};
  for (const Case& c : cases) {
    CAPTURE(c.text);
    std::string value;
    CHECK(read_escaped(c.text, value).empty() == c.ok);
    CHECK(value == c.expected);
  }
}

TEST_CASE("headers") {
  struct Case {
    std::string_view text;
    std::string_view name;
    std::string_view value;
    bool ok;
  };
  const Case cases[] = {{"A: 1", "A", "1", true},
                        {"X-Name:value", "X-Name", "value", true},
                        {"A: \t b: c \t", "A", "b: c", true},
                        {"A:", "A", "", true},
                        {"A: x\ty", "A", "x\ty", true},
                        {"A: \xc3\xa4", "A", "\xc3\xa4", true},
                        {"A", "", "", false},
                        {": x", "", "", false},
                        {"A : x", "", "", false},
                        {"a b: x", "", "", false},
                        {"A: x\r\nB: y", "", "", false},
                        {"A: x\n", "", "", false},
                        {"A\n: x", "", "", false},
                        {"A: x\x7f", "", "", false},
                        {std::string_view("A: \0", 4), "", "", false}};
  for (const Case& c : cases) {
    CAPTURE(c.text);
    std::pair<std::string, std::string> value;
    CHECK(read_header(c.text, value).empty() == c.ok);
    CHECK(value.first == c.name);
    CHECK(value.second == c.value);
  }
}

TEST_CASE("tokens, types, lines, origins, hosts, bearer tokens") {
  check_all(read_token, {{"rt.v1", "rt.v1"}, {"", nullptr}, {"a b", nullptr}, {"a,b", nullptr}});
  check_all(read_media_type, {{"text/plain", "text/plain"},
                              {"text/plain; charset=utf-8", "text/plain; charset=utf-8"},
                              {"text", nullptr},
                              {"/x", nullptr},
                              {"a/b/c", nullptr},
                              {"text/plain\r\nX: y", nullptr},
                              {"text/plain; a=\n", nullptr}});
  check_all(read_line, {{"", ""}, {"a b", "a b"}, {"a\nb", nullptr}});
  check_all(read_word, {{"", nullptr}, {"a b", "a b"}, {"a\rb", nullptr}});
  check_all(read_origin, {{"https://Example.org", "https://example.org"},
                          {"http://[::1]:8080", "http://[::1]:8080"},
                          {"null", nullptr},
                          {"*", nullptr},
                          {"example.org", nullptr},
                          {"https://", nullptr},
                          {"https://example.org/", nullptr},
                          {"https://a b", nullptr},
                          {"://x", nullptr}});
  check_all(read_host, {{"Hub.example.org", "hub.example.org"},
                        {"hub", "hub"},
                        {"", nullptr},
                        {"hub:80", nullptr},
                        {"http://hub", nullptr}});
  check_all(
      read_bearer,
      {{"abc.def-_~+/=", "abc.def-_~+/="}, {"", nullptr}, {"a b", nullptr}, {"a\n", nullptr}});
}
