#include "codec/json_values.hpp"

#include <doctest/doctest.h>

#include <string>

namespace rt {
namespace {

// Each value in brackets, and what is wrong.
std::string values_of(std::string_view text, std::size_t piece, std::size_t most = 1000) {
  JsonValues values(most);
  std::string out;
  const auto take = [&](JsonValues::Step step) {
    if (step == JsonValues::Step::value) out += "<" + values.value() + ">";
    if (step == JsonValues::Step::wrong)
      out += "line " + std::to_string(values.line()) + ": " + values.fault();
    return step != JsonValues::Step::wrong;
  };
  for (std::size_t at = 0; at < text.size(); at += piece) {
    std::string_view bytes = text.substr(at, piece);
    while (!bytes.empty())
      if (!take(values.next(bytes))) return out;
  }
  take(values.finish());
  return out;
}

TEST_CASE("values one after another, whole and cut at every byte") {
  struct Row {
    std::string_view text;
    std::string_view values;
  };
  const Row rows[] = {
      {"", ""},
      {" \n\t\r", ""},
      {"{}", "<{}>"},
      {"{}[]", "<{}><[]>"},
      {"{\n  \"a\": [1, {\"b\": null}],\n  \"c\": \"}\"\n}\n{}\n",
       "<{\n  \"a\": [1, {\"b\": null}],\n  \"c\": \"}\"\n}><{}>"},
      {"1 2\n3", "<1><2><3>"},
      {"1\n\n2 \n3\n", "<1><2><3>"},
      {"-0 0.5 1e5 1E+10 -1.25e-3", "<-0><0.5><1e5><1E+10><-1.25e-3>"},
      {"[0 ,1\n]", "<[0 ,1\n]>"},
      {"[0.5,1e5]", "<[0.5,1e5]>"},
      {"{\"a\":1}", "<{\"a\":1}>"},
      {"1{}", "<1><{}>"},
      {"1\"a\"", "<1><\"a\">"},
      {"true false null", "<true><false><null>"},
      {"\"a\"\"b\"", "<\"a\"><\"b\">"},
      {R"("\"\\\/\b\f\n\r\t\u00e4")", R"(<"\"\\\/\b\f\n\r\t\u00e4">)"},
      {"\"\xC3\xA4\"", "<\"\xC3\xA4\">"},
      {"[[[[]]],{}]", "<[[[[]]],{}]>"},
      {"x", "line 1: no JSON: unexpected x"},
      {"{}\n\nx", "<{}>line 3: no JSON: unexpected x"},
      {"{\n\"a\" 1}", "line 2: no JSON: unexpected 1"},
      {"{a:1}", "line 1: no JSON: unexpected a"},
      {"[1,]", "line 1: no JSON: unexpected ]"},
      {"{\"a\":1,}", "line 1: no JSON: unexpected }"},
      {"[1 2]", "line 1: no JSON: unexpected 2"},
      {"[1}", "line 1: no JSON: unexpected }"},
      {"01", "line 1: no JSON: unexpected 1"},
      {"[01]", "line 1: no JSON: unexpected 1"},
      {"1x", "line 1: no JSON: unexpected x"},
      {"1,2", "line 1: no JSON: unexpected ,"},
      {"- 1", "line 1: no JSON: unexpected  "},
      {"1. ", "line 1: no JSON: unexpected  "},
      {"[1.]", "line 1: no JSON: unexpected ]"},
      {"1e ", "line 1: no JSON: unexpected  "},
      {"+1", "line 1: no JSON: unexpected +"},
      {".5", "line 1: no JSON: unexpected ."},
      {"tru ", "line 1: no JSON: unexpected  "},
      {"nulL", "line 1: no JSON: unexpected L"},
      {"\"a\nb\"", "line 1: no JSON: unexpected end of the line"},
      {"\"\\x\"", "line 1: no JSON: unexpected x"},
      {"\"\\u12g4\"", "line 1: no JSON: unexpected g"},
      {"\"\xFF\"", "line 1: it is not UTF-8"},
      {"]", "line 1: no JSON: unexpected ]"},
      {"{}\n[1,\n", "<{}>line 3: the JSON value is not whole at the end"},
      {"\"a", "line 1: the JSON value is not whole at the end"},
      {"1.", "line 1: the JSON value is not whole at the end"},
      {"nul", "line 1: the JSON value is not whole at the end"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    for (std::size_t piece = 1; piece <= row.text.size() + 1; ++piece) {
      CAPTURE(piece);
      CHECK(values_of(row.text, piece) == row.values);
    }
  }
}

TEST_CASE("of a value that is too long only its length is kept") {
  for (std::size_t piece = 1; piece < 12; ++piece) {
    JsonValues values(4);
    std::string_view text = "[1,2,3] [1] 2";
    std::string sizes;
    for (; !text.empty(); text.remove_prefix(std::min(piece, text.size()))) {
      std::string_view bytes = text.substr(0, piece);
      while (!bytes.empty()) {
        REQUIRE(values.next(bytes) != JsonValues::Step::wrong);
        if (values.size() > 4) CHECK(values.value().empty());
      }
    }
    CHECK(values.finish() == JsonValues::Step::value);
    CHECK(values.value() == "2");
  }
}

}  // namespace
}  // namespace rt
