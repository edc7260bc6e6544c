#include "codec/json_parts.hpp"

#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <vector>

using namespace rt;

namespace {

// "name=value" of members, and the values of elements.
std::vector<std::string> parts_of(std::string_view json) {
  std::vector<std::string> out;
  JsonParts parts(json);
  while (const auto part = parts.next()) {
    const std::string name = part->name.empty() ? "" : std::string(part->name) + "=";
    out.push_back(name + std::string(part->value));
  }
  return out;
}

using Strings = std::vector<std::string>;

}  // namespace

TEST_CASE("one JSON text and nothing else") {
  for (const char* json : {"1", " 12 ", "-0.5e3", "null", "\"\"", "[]", "{}", "[1, {\"a\": []}]\n",
                           "\"\\u00e4\"", "[[[[]]]]"}) {
    CAPTURE(json);
    CHECK(is_json(json));
  }
  for (const char* text : {"", " ", "1 2", "{", "[1,]", "hello", "{a:1}", "[1]]", "01", "\"a", "-",
                           "nul", "{ hello }"}) {
    CAPTURE(text);
    CHECK_FALSE(is_json(text));
  }
}

TEST_CASE("the parts of arrays and objects as they are written") {
  CHECK(parts_of("[]") == Strings{});
  CHECK(parts_of(" [ 1 , \"a,]\\\"b\" , [2,3] , {\"x\":[4,5]} ] ") ==
        Strings{"1", "\"a,]\\\"b\"", "[2,3]", "{\"x\":[4,5]}"});
  CHECK(parts_of(R"({"a": 1, "b\"c" : {"d,": "e"} ,"f":null})") ==
        Strings{"a=1", R"(b\"c={"d,": "e"})", "f=null"});
  for (const char* none : {"{}", "1", "\"[1]\"", "", "[", "{"}) CHECK(parts_of(none) == Strings{});
  JsonParts parts("[\"a\", 1, [2, 3]]");
  CHECK(parts.next()->value == "\"a\"");
  CHECK(parts.rest() == "1, [2, 3]");
}

TEST_CASE("what is no JSON comes to an end all the same") {
  for (const std::string_view text :
       {"[}", "{]", "[\"", "{\"a", "{\"a\"}", "{\"a\":}", "[,,]", "[[[]", "{:,:}", "[\"\\"}) {
    CAPTURE(text);
    for (std::size_t cut = 0; cut <= text.size(); ++cut)
      CHECK(parts_of(text.substr(0, cut)).size() <= text.size());
  }
}

TEST_CASE("a member: the last of its name, whatever is escaped in it") {
  CHECK(json_member(R"({"a":1,"b":2,"a":3})", "a") == "3");
  CHECK(json_member(R"({"\u0061":1})", "a") == "1");
  CHECK(json_member(R"({"b":{"a":1}})", "a").empty());
  CHECK(json_member(R"(["a",1])", "a").empty());
  CHECK(json_member("", "a").empty());
}

TEST_CASE("values and texts") {
  CHECK(json_text(R"("a\n\u00e4")") == "a\nä");
  CHECK(json_text("12") == "12");
  CHECK(json_text("\"") == "\"");
  struct Row {
    std::string_view typed;
    std::string_view json;
  };
  for (const Row& row : {Row{"hello", "\"hello\""}, Row{"1", "1"}, Row{"a\"b\n", "\"a\\\"b\\n\""},
                         Row{"{\"a\": 1}", "{\"a\": 1}"}, Row{"", "\"\""}, Row{"\"x\"", "\"x\""}}) {
    std::string out;
    append_json_value(out, row.typed);
    CHECK(out == row.json);
  }
}
