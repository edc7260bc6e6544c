#include "model/json_pointer.hpp"

#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <vector>

namespace rt {

TEST_CASE("JSON pointer: the standard's forms") {
  struct Row {
    std::string_view text;
    std::vector<std::string> tokens;
  };
  // RFC 6901, section 5.
  const Row rows[] = {
      {"", {}},
      {"/foo", {"foo"}},
      {"/foo/0", {"foo", "0"}},
      {"/", {""}},
      {"/a~1b", {"a/b"}},
      {"/c%d", {"c%d"}},
      {"/e^f", {"e^f"}},
      {"/g|h", {"g|h"}},
      {"/i\\j", {"i\\j"}},
      {"/k\"l", {"k\"l"}},
      {"/ ", {" "}},
      {"/m~0n", {"m~n"}},
      {"/~01", {"~1"}},
      {"//", {"", ""}},
      {"/a/*", {"a", "*"}},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    const auto pointer = JsonPointer::parse(row.text);
    REQUIRE(pointer);
    CHECK(pointer->tokens() == row.tokens);
    CHECK(pointer->text() == row.text);
    std::string again;
    for (const std::string& token : row.tokens) JsonPointer::append_token(again, token);
    CHECK(again == row.text);
  }
  CHECK(JsonPointer::parse("/a/*/b")->names_many());
  CHECK_FALSE(JsonPointer::parse("/a/**")->names_many());
}

TEST_CASE("JSON pointer: what is none") {
  for (const std::string_view text : {"a", "a/b", "~", "/~", "/~2", "/a~", "*"}) {
    CAPTURE(text);
    CHECK_FALSE(JsonPointer::parse(text));
  }
  std::string deep;
  for (int i = 0; i < 64; ++i) deep += "/a";
  CHECK(JsonPointer::parse(deep));
  CHECK_FALSE(JsonPointer::parse(deep + "/a"));
}

}  // namespace rt
