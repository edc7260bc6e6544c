#include "codec/json_picker.hpp"

#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <vector>

#include "codec/json_difference.hpp"

namespace rt {
namespace {

std::string shown(std::string_view json, std::string_view pointer, bool as_json = false) {
  JsonPicker picker;
  std::vector<PickedValue> out;
  const auto parsed = JsonPointer::parse(pointer);
  REQUIRE(parsed);
  if (!picker.pick(json, *parsed, out)) {
    CHECK(out.empty());
    return "no JSON";
  }
  std::string text;
  for (const PickedValue& value : out) text += (as_json ? value.json : value.text) + "|";
  return text;
}

}  // namespace

TEST_CASE("JSON picker: the standard's example") {
  // RFC 6901, section 5.
  constexpr std::string_view kText =
      R"({"foo": ["bar", "baz"], "": 0, "a/b": 1, "c%d": 2, "e^f": 3, "g|h": 4, "i\\j": 5,
          "k\"l": 6, " ": 7, "m~n": 8})";
  struct Row {
    std::string_view pointer;
    std::string_view text;
  };
  const Row rows[] = {
      {"/foo", R"(["bar","baz"]|)"},
      {"/foo/0", "bar|"},
      {"/foo/1", "baz|"},
      {"/", "0|"},
      {"/a~1b", "1|"},
      {"/c%d", "2|"},
      {"/e^f", "3|"},
      {"/g|h", "4|"},
      {"/i\\j", "5|"},
      {"/k\"l", "6|"},
      {"/ ", "7|"},
      {"/m~0n", "8|"},
      {"/foo/2", ""},
      {"/foo/-", ""},
      {"/foo/01", ""},
      {"/foo/bar", ""},
      {"/none", ""},
      {"/foo/0/x", ""},
      {"/foo/*", "bar|baz|"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.pointer);
    CHECK(shown(kText, row.pointer) == row.text);
  }
}

TEST_CASE("JSON picker: values as text and as JSON") {
  struct Row {
    std::string_view json;
    std::string_view pointer;
    std::string_view text;
    std::string_view as_json;
  };
  const Row rows[] = {
      {R"({"a":"x\ny \u00e9"})", "/a", "x\ny é|", R"("x\ny \u00e9"|)"},
      {R"({"a":1.50})", "/a", "1.50|", "1.50|"},
      {R"({"a":12345678901234567890123})", "/a", "12345678901234567890123|",
       "12345678901234567890123|"},
      {R"({"a": true , "b":null})", "/a", "true|", "true|"},
      {R"({"a": true , "b": null })", "/b", "null|", "null|"},
      {"{\"a\": { \"b c\" : [ 1 ,\n2 ] } }", "/a", R"({"b c":[1,2]}|)", R"({"b c":[1,2]}|)"},
      {R"({"a":" \" x"})", "/a", " \" x|", R"(" \" x"|)"},
      {R"({"a":[{"n":1},{"m":2},{"n":3}]})", "/a/*/n", "1|3|", "1|3|"},
      {R"([[1,2],[3],[]])", "/*/*", "1|2|3|", "1|2|3|"},
      {R"({"*":1})", "/*", "1|", "1|"},
      // The first of two with one name.
      {R"({"a":1,"a":2})", "/a", "1|", "1|"},
      {"17", "", "17|", "17|"},
      {"\"s\"", "", "s|", "\"s\"|"},
      {" [1 , 2] ", "", "[1,2]|", "[1,2]|"},
      {"17", "/a", "", ""},
      {R"({"aé":1})", "/aé", "1|", "1|"},
      {R"({"a\u0062":1})", "/ab", "1|", "1|"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.json);
    CHECK(shown(row.json, row.pointer) == row.text);
    CHECK(shown(row.json, row.pointer, true) == row.as_json);
  }
}

TEST_CASE("JSON picker: what is no JSON") {
  for (const std::string_view text :
       {"", "hello", "{", "{\"a\":}", "{\"a\"}", "{\"a\":xyz}", "1,2", "[DONE]"}) {
    CAPTURE(text);
    CHECK(shown(text, "/a") == "no JSON");
  }
  // Cut anywhere, it is read without harm.
  constexpr std::string_view kText = R"({"x":[{"y":"é\n"},2.5e3,null,{"z":{}}],"a":{"b":[true]}})";
  JsonPicker picker;
  const auto pointer = JsonPointer::parse("/a/b/0");
  for (std::size_t end = 0; end < kText.size(); ++end) {
    std::vector<PickedValue> out;
    std::vector<PlacedValue> placed;
    (void)picker.pick(kText.substr(0, end), *pointer, out);
    CHECK_FALSE(picker.flatten(kText.substr(0, end), placed));
    CHECK(placed.empty());
  }
  CHECK(shown(kText, "/a/b/0") == "true|");
}

TEST_CASE("JSON picker: values and where they lie") {
  JsonPicker picker;
  std::vector<PlacedValue> out;
  REQUIRE(picker.flatten(R"({"a":{"b":[1,"x"],"c/d":{}},"e":[],"f":null})", out));
  const std::vector<PlacedValue> wanted = {
      {"/a/b/0", "1"}, {"/a/b/1", "\"x\""}, {"/a/c~1d", "{}"}, {"/e", "[]"}, {"/f", "null"}};
  CHECK(out == wanted);
  out.clear();
  CHECK_FALSE(picker.flatten(std::string(200, '[') + std::string(200, ']'), out));
  CHECK(picker.flatten(std::string(100, '[') + std::string(100, ']'), out));
}

TEST_CASE("difference of two texts") {
  struct Row {
    std::string_view before;
    std::string_view now;
    std::string_view difference;
  };
  const Row rows[] = {
      {R"({"a":1})", R"({"a":1})", ""},
      {R"({"a":1,"b":2})", R"({ "b":2, "a":1 })", ""},
      {R"({"a":1})", R"({"a":2})", "~ /a 1 -> 2"},
      {R"({"a":1,"c":[1,2]})", R"({"a":"1","b":true,"c":[1]})",
       "~ /a 1 -> \"1\"\n+ /b true\n- /c/1 2"},
      {R"({"a":{}})", R"({"a":{"x":1}})", "+ /a/x 1\n- /a {}"},
      {"17", "18", "~ 17 -> 18"},
      {"one", "two", "- one\n+ two"},
      {"a\nb\nc", "a\nx\nc", "- b\n+ x"},
      {"a\nb", "a\nb\nc", "+ c"},
      {"a\na", "a", "- a"},
      {"{\"a\":1}", "now text", "- {\"a\":1}\n+ now text"},
  };
  JsonPicker picker;
  for (const Row& row : rows) {
    CAPTURE(row.before);
    CAPTURE(row.now);
    std::string text;
    for (const std::string& line : difference(picker, row.before, row.now))
      text += (text.empty() ? "" : "\n") + line;
    CHECK(text == row.difference);
  }
}

}  // namespace rt
