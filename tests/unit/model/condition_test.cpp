#include "model/condition.hpp"

#include <doctest/doctest.h>

#include <string_view>

namespace rt {

TEST_CASE("condition: what holds of a value") {
  struct Row {
    std::string_view condition;
    std::string_view pointer;
    std::string_view value;
    bool holds;
  };
  const Row rows[] = {
      {"/a=b", "/a", "b", true},
      {"/a=b", "/a", "bb", false},
      {"/a=", "/a", "", true},
      {"/a=1", "/a", "1", true},
      {"/a=1", "/a", "1.0", true},
      {"/a=1", "/a", "1e0", true},
      {"/a=1", "/a", "01x", false},
      {"/id=9007199254740993", "/id", "9007199254740992", false},
      {"/a=inf", "/a", "infinity", false},
      {"/a=true", "/a", "true", true},
      {"/a=null", "/a", "null", true},
      {"/a==b", "/a", "=b", true},
      {"=3", "", "3", true},
      {"/a!=b", "/a", "c", true},
      {"/a!=b", "/a", "b", false},
      {"/a!=2", "/a", "2.0", false},
      {"/a<10", "/a", "9", true},
      {"/a<10", "/a", "10", false},
      {"/a<10", "/a", "-1e3", true},
      {"/a<b", "/a", "a", true},
      // No number: byte by byte.
      {"/a<10", "/a", "x", false},
      {"/a<=10", "/a", "10.0", true},
      {"/a<=10", "/a", "10.5", false},
      {"/a>10", "/a", "11", true},
      {"/a>10", "/a", "9", false},
      {"/a>=10", "/a", "10", true},
      {"/a>=2026-01-02", "/a", "2026-01-03", true},
      {"/a~err", "/a", "an error", true},
      {"/a~err", "/a", "fine", false},
      {"/a~/^e.*r$/", "/a", "error", true},
      {"/a~/^e.*r$/i", "/a", "ERROR", true},
      {"/a~/=/", "/a", "x=y", true},
      {"/x~1y=b", "/x~1y", "b", true},
      {"/x~0y~/b/", "/x~0y", "abc", true},
      {"/items/*/id=7", "/items/*/id", "7", true},
  };
  for (const Row& row : rows) {
    CAPTURE(row.condition);
    CAPTURE(row.value);
    const auto condition = Condition::parse(row.condition);
    REQUIRE(condition);
    CHECK(condition->pointer().text() == row.pointer);
    CHECK(condition->holds(row.value) == row.holds);
  }
  CHECK(Condition::parse("/a!=b")->holds_for_nothing());
  CHECK_FALSE(Condition::parse("/a=b")->holds_for_nothing());
}

TEST_CASE("condition: what is none") {
  for (const std::string_view text : {"", "/a", "a=b", "/a!b", "/a~", "/a~/(/"}) {
    CAPTURE(text);
    CHECK_FALSE(Condition::parse(text));
  }
}

}  // namespace rt
