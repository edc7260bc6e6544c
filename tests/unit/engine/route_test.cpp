#include "engine/route.hpp"

#include <doctest/doctest.h>

namespace rt {
namespace {

TEST_CASE("an s command changes text as sed does") {
  const struct {
    const char* command;
    const char* text;
    const char* result;  // nullptr: no match
  } rows[] = {
      {"s/a/b/", "aaa", "baa"},
      {"s/a/b/g", "aaa", "bbb"},
      {"s/a/b/2", "aaa", "aba"},
      {"s/a/b/2g", "aaaa", "abbb"},
      {"s/a/b/g2", "aaaa", "abbb"},
      {"s/a/b/4", "aaa", nullptr},
      {"s/A/b/", "a", nullptr},
      {"s/A/b/i", "a", "b"},
      {"s/A/b/Ig", "aA", "bb"},
      {"s#^lab/#/#", "lab/x", "/x"},
      {"s#^lab/##", "lab/x", "x"},
      {"s,/,.,g", "a/b/c", "a.b.c"},
      {"s|a\\|b|x|", "a|b", "x"},  // an escaped delimiter is that character
      {"s/a\\/b/x\\/y/", "a/b", "x/y"},
      {"s.a\\.b.x.", "a.b", "x"},
      {"s.a\\.b.x.", "acb", nullptr},
      {"s/(a+)(b+)/\\2\\1/", "xaabbx", "xbbaax"},
      {"s/\\(a*\\)\\(b\\)/\\2\\1/", "aab", "baa"},
      {"s/a\\{2\\}/x/", "aaa", "xa"},
      {"s/\\(a\\)+/x/", "aa+", "ax"},  // basic: + is a plus
      {"s/a{2}/x/", "aaa", "xa"},
      {"s/a|b/x/g", "abc", "xxc"},
      {"s/[0-9]+/<&>/g", "a1b22", "a<1>b<22>"},
      {"s/a/\\&/", "a", "&"},
      {"s/a/\\\\/", "a", "\\"},
      {"s/a/x\\0x/", "a", "xax"},
      {"s/$/!/", "ab", "ab!"},
      {"s/^/!/g", "ab", "!ab"},
      {"s/x*/-/g", "ab", "-a-b-"},
      {"s/b*/-/g", "abc", "-a-c-"},  // nothing is found right behind a match
      {"s/b*/-/2", "abc", "a-c"},
      {"s/^a/x/g", "aaa", "xaa"},
      {"s/(a)|b/<\\1>/g", "ab", "<a><>"},           // a group that is no part of the match is empty
      {"s/(a|ab)(c|bcd)?/<&>/", "abcd", "<abcd>"},  // the longest that begins first
      {"s/./x/g", "\xC3\xA4", "xx"},                // bytes
      {"s/\\./_/g", "a.b", "a_b"},
      {"s/[[:digit:]]/d/g", "a1", "ad"},
      {"s/a//", "ab", "b"},
      {"s/a/b\\tc/", "a", "b\tc"},
      // Basic, as GNU sed reads it
      {"s/a\\+b/x/", "aab", "x"},
      {"s/a\\?b/x/", "ab", "x"},
      {"s/ab\\|cd/x/g", "abcd", "xx"},
      {"s/\\(a\\)(b)/x/", "a(b)", "x"},
      {"s/\\(a\\)|b/x/", "a|b", "x"},
      {"s/\\(a\\){2}?/x/", "a{2}?", "x"},
      {"s/\\(*a\\)/x/", "*a", "x"},
      {"s/\\(a^b$c\\)/x/", "a^b$c", "x"},
      {"s/^\\(a\\)$/x/", "a", "x"},
      {"s/^\\(a\\)$/x/", "aa", nullptr},
      {"s/\\(^a\\|b$\\)/x/g", "aab", "xax"},
      {"s/\\([(+]\\)/<\\1>/g", "a(+", "a<(><+>"},
      {"s/[\\(]a/x/", "(a", "x"},  // in brackets a backslash is itself
      {"s/(a+)/x/E", "aa", "x"},
      {"s/a\\+/x/E", "aa+", "ax"},
      // The delimiter in a bracket expression
      {"s/[/]/x/", "a/b", "axb"},
      {"s/[^/]*/x/", "ab/c", "x/c"},
      {"s/[]/]/x/g", "]/", "xx"},
      {"s/[^]/]/x/g", "a]/", "x]/"},
      {"s/[[:alpha:]/]/x/g", "a/1", "xx1"},
      {"s/a\\-b/x/", "a-b", "x"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.command);
    CAPTURE(row.text);
    const Result<Substitution> substitution = Substitution::parse(row.command);
    REQUIRE(substitution.ok());
    std::string text = row.text;
    const Result<bool> applied = substitution->apply(text);
    REQUIRE(applied.ok());
    CHECK(*applied == (row.result != nullptr));
    CHECK(text == (row.result != nullptr ? row.result : row.text));
  }
}

TEST_CASE("what is no s command is a usage error that quotes it") {
  for (const char* const command : {"",           "s",          "s/",
                                    "s/a",        "s/a/b",      "y/a/b/",
                                    "s/a/b\\/",   "s\\a\\b\\",  "s//b/",
                                    "s/a/b/x",    "s/a/b/0",    "s/a/b/1g2",
                                    "s/a/b/gp",   "s/(/b/",     "s/[/b/",
                                    "s/a/\\1/",   "s/(a)/\\2/", "s/a/b/99999999999999999999999",
                                    "/a/b/",      "s/a/b/ ",    "s/\\w/x/",
                                    "s/a\\bc/x/", "s/\\<a/x/",  "s/(a)\\1/x/",
                                    "s/\\n/x/",   "s/\\(a/x/",  "s/[[:alpha:]/x/"}) {
    CAPTURE(command);
    const Result<Substitution> substitution = Substitution::parse(command);
    REQUIRE_FALSE(substitution.ok());
    CHECK(substitution.error().fault() == Fault::usage);
    CHECK(substitution.error().text().find(command) == 0);
  }
}

Route make(const std::vector<std::string>& maps, const std::vector<std::string>& filters = {}) {
  Result<Route> route = Route::make(maps, filters);
  REQUIRE(route.ok());
  return std::move(*route);
}

TEST_CASE("channels are mapped by their topics, in order") {
  const struct {
    std::vector<std::string> maps;
    const char* channel;
    const char* result;  // "": invalid
  } rows[] = {
      {{}, "/a", "/a"},
      {{"s#^lab/#/#"}, "/lab/x", "/x"},
      {{"s#^lab/##"}, "/lab/x", "/x"},
      {{"s#^lab/#/#"}, "/lab/x/y", "/x/y"},
      {{"s#^lab/#/#"}, "/other/x", "/other/x"},
      {{"s#^lab/#/#"}, "//lab/x", "//lab/x"},
      {{"s#^/lab/#/new/#"}, "//lab/x", "//new/x"},
      {{"s#^/lab#a#"}, "//lab/x", "/a/x"},
      {{"s#a#b#", "s#b#c#"}, "/a", "/c"},
      {{"s#^#home/#"}, "/a%20b", "/home/a%20b"},
      {{"s# #_#"}, "/a%20b", "/a_b"},
      {{"s#_# #"}, "/a_b", "/a%20b"},
      {{"s#a#ü#"}, "/a", "/%C3%BC"},
      {{"s#.*##"}, "/a", "/"},
      {{"s#^$#all#"}, "", "/all"},
      {{"s#^$#all#"}, "/", "/all"},
      {{"s#a#+#"}, "/a", ""},
      {{"s#a##"}, "/a%2F..", ""},
      {{"s#a#-/x#"}, "/a", ""},
      {{"s#a#$SYS/x#"}, "/a", ""},
      {{"s#a#x/../y#"}, "/a", ""},
      {{"s#x#y#"}, "", ""},
  };
  for (const auto& row : rows) {
    CAPTURE(row.channel);
    Route route = make(row.maps);
    CHECK(route.trivial() == row.maps.empty());
    for (int twice = 0; twice < 2; ++twice) {
      const Route::Answer& answer = route.of(row.channel);
      const bool passes = row.result[0] != '\0' || row.channel[0] == '\0';
      CHECK((answer.verdict == Route::Verdict::passes) == passes);
      CHECK(answer.channel == row.result);
    }
  }
}

TEST_CASE("filters see the name as it came") {
  Route route = make({"s#^lab/##"}, {"lab/+/temp", "alarm/#"});
  CHECK(route.of("/lab/a/temp").channel == "/a/temp");
  CHECK(route.of("/alarm").verdict == Route::Verdict::passes);
  CHECK(route.of("/alarm/x/y").channel == "/alarm/x/y");
  CHECK(route.of("/lab/temp").verdict == Route::Verdict::filtered);
  CHECK(route.of("/a/temp").verdict == Route::Verdict::filtered);
  CHECK(route.of("").verdict == Route::Verdict::filtered);
}

TEST_CASE("a wrong filter or map is a usage error that says which option") {
  const Result<Route> filter = Route::make({}, {"a/#/b"});
  REQUIRE_FALSE(filter.ok());
  CHECK(filter.error().fault() == Fault::usage);
  CHECK(filter.error().text().find("--filter: a/#/b") == 0);
  const Result<Route> map = Route::make({"s/a/b/", "nonsense"}, {});
  REQUIRE_FALSE(map.ok());
  CHECK(map.error().text().find("--map: nonsense") == 0);
}

// Engines that try one way after the other take exponential time for the first, and the stack for
// the others.
TEST_CASE("no name makes a pattern's work grow without bound") {
  for (const char* const map : {"s#(a|aa)*b#x#", "s#(a|b|ab)*c#x#g", "s#((a*)*)*b#x#g",
                                "s#^(.*)(.*)(.*)x#\\1#", "s#(.|a)*#x#g"}) {
    CAPTURE(map);
    Route route = make({map});
    CHECK(route.of("/" + std::string(2000, 'a')).verdict == Route::Verdict::passes);
  }
}

TEST_CASE("hostile names cost bounded work and memory") {
  Route route = make({"s#(a|b|ab)*c#x#g", "s#z#zzzzzzzzzzzzzzzz#g"});
  CHECK(route.of("/" + std::string(5000, 'a')).verdict == Route::Verdict::invalid);
  CHECK(route.of("/" + std::string(2000, 'z')).verdict == Route::Verdict::invalid);
  CHECK(route.of("/" + std::string(4000, 'q')).verdict == Route::Verdict::passes);
  for (int i = 0; i < 10'000; ++i) {
    const std::string name = "/n" + std::to_string(i);
    CHECK(route.of(name).channel == name);
  }
}

}  // namespace
}  // namespace rt
