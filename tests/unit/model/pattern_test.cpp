#include "model/pattern.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <string>

namespace rt {
namespace {

using namespace std::string_literals;

bool found(std::string_view pattern, std::string_view payload) {
  const auto parsed = Pattern::parse(pattern);
  if (!parsed) FAIL(std::string(pattern) << ": " << parsed.error().text());
  return parsed->matches(payload);
}

std::string wrong(std::string_view pattern) {
  const auto parsed = Pattern::parse(pattern);
  if (parsed) return "(no error)";
  CHECK(parsed.error().fault() == Fault::usage);
  return parsed.error().text();
}

}  // namespace

TEST_CASE("pattern: what it finds") {
  struct Row {
    std::string pattern;
    std::string payload;
    bool found;
  };
  const Row rows[] = {
      // a text
      {"ok", "it is ok.", true},
      {"ok", "OK", false},
      {"ok", "", false},
      {"\"ok\"", "{\"status\":\"ok\"}", true},
      {"a.c", "abc", false},
      {"(", "f(x)", true},
      {"aab", "aaab", true},
      {"ü", "für", true},
      {"b", "a\0b"s, true},
      // a slash alone makes no regular expression
      {"/", "a/b", true},
      {"/health", "GET /health", true},
      {"/usr/lib", "/usr/lib", true},
      {"/usr/lib", "usr", false},
      {"a/", "a/", true},
      // a regular expression
      {"/ok/", "it is ok", true},
      {"/OK/", "ok", false},
      {"/OK/i", "it is Ok", true},
      {"/^ok$/", "ok", true},
      {"/^ok$/", "ok\n", false},
      {"/^ok/", "not\nok", false},
      {"/ok$/", "ok then", false},
      {"/^$/", "", true},
      {"/^$/", "x", false},
      {"/^ok|no$/", "not\nok", false},
      {"/^ok|no$/", "not\nno", true},
      {"/(^|,)x/", "x", true},
      {"/(^|,)x/", "a,x", true},
      {"/(^|,)x/", "\nx", false},
      {"/(^|,)x/", "a\nx", false},
      {"/[x^]y/", "a^y", true},
      {"/\\^y/", "a^y", true},
      {"/^/", "", true},
      {"/x$|y/", "x\ny", true},
      {"/x$/", "x\ny", false},
      {"/^a|b$/", "xb", true},
      {"/^a|b$/", "ax", true},
      {"/^a|b$/", "xax", false},
      {"/a.c/", "a\nc", true},
      {"/t=[0-9]+/", "t=17", true},
      {"/t=[0-9]+/", "t=x", false},
      {"/a{2,3}b/", "xaab", true},
      {"/a{2,3}b/", "ab", false},
      {"/(ab)+c/", "xababc", true},
      {"/[[:alpha:]]=\\d/", "x=7", true},
      {"/\\w\\s\\S/", "a b", true},
      {"/\\w\\s\\S/", "a- b", false},
      {"/^\\D\\W$/", "a-", true},
      {"/a\\/b/", "a/b", true},
      {"/a/b/", "a/b", true},
      {"/[)]/", ")", true},
      {"/[]a]x/", "]x", true},
      {"/[^]]x/", "]x", false},
      {"/[[:space:])]x/", ")x", true},
      {"/\\(x\\)/", "f(x)", true},
      {"/\\./", "a", false},
      {"/\\\\n/", "a\\nb", true},
      {"/\\n/", "a\nb", true},
      {"/\\t/", "a\tb", true},
      // a payload with NUL in it, and bytes that are not UTF-8
      {"/b$/", "a\0b"s, true},
      {"/^a.b/", "a\0b"s, false},
      {"/a[^x]b/", "a\0b"s, true},
      {"/^\xff/", "\xff", true},
      {"/b/", "\xff\0\xfe\0b"s, true},
  };
  for (const Row& row : rows) {
    CAPTURE(row.pattern);
    CAPTURE(row.payload);
    CHECK(found(row.pattern, row.payload) == row.found);
  }
}

TEST_CASE("pattern: what is none") {
  CHECK(wrong("") == "a pattern cannot be empty");
  CHECK(wrong("//") == "a regular expression cannot be empty");
  CHECK(wrong("//i") == "a regular expression cannot be empty");
  CHECK(wrong(std::string(5000, 'a')).find("4096") != std::string::npos);
  CHECK(wrong("/(a)\\1/") == "a regular expression cannot refer back: \\1");
  CHECK(wrong("/a)b/") == "a ) without its (: write \\)");
  CHECK(wrong("/a)(b/") == "a ) without its (: write \\)");
  CHECK(wrong("/a\0b/"s) == "a regular expression cannot have a NUL byte in it");
  CHECK(wrong("/\\b/") == "a regular expression knows no \\b");
  // regerror()'s own words differ from system to system.
  for (const char* const pattern :
       {"/(/", "/[/", "/[a/", "/a{2/", "/a{3,2}/", "/*/", "/\\/", "/[[:nonsense:]]/", "/[z-a]/"}) {
    CAPTURE(pattern);
    const std::string words = wrong(pattern);
    CHECK(words != "(no error)");
    CHECK_FALSE(words.empty());
  }
}

TEST_CASE("pattern: how it was written") {
  CHECK(Pattern::parse("/a/i")->text() == "/a/i");
  CHECK(Pattern::parse("/a/i")->is_regex());
  CHECK_FALSE(Pattern::parse("/a/b")->is_regex());
}

TEST_CASE("pattern: a payload that is made for it takes time in proportion only") {
  // Beginning anew at each byte would take hours; a recursive matcher would leave the stack.
  const std::string same(4u << 20, 'a');
  std::string keys;
  while (keys.size() < (4u << 20)) keys += "\"status\":";
  struct Row {
    std::string pattern;
    const std::string& payload;
  };
  const Row rows[] = {
      {"/a.*b/", same},
      {"/^b|a.*b/", same},
      {"/(a|aa)+$/", same},
      {"/^(a+)+b/", same},
      {"/(a*)*b/", same},
      {"/(a|b)*a(a|b){8}c/", same},
      {"/\"status\":.*\"ok\"/", keys},
      {std::string(500, 'a') + "b" + std::string(500, 'a'), same},
  };
  for (const Row& row : rows) {
    CAPTURE(row.pattern);
    const auto begin = std::chrono::steady_clock::now();
    (void)found(row.pattern, row.payload);
    CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(20));
  }
}

}  // namespace rt
