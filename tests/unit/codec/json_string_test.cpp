#include "codec/json_string.hpp"

#include <doctest/doctest.h>

namespace rt {
namespace {

TEST_CASE("json: escapes resolved for people") {
  struct Row {
    const char* text;
    const char* plain;
  };
  const Row rows[] = {
      {"", ""},
      {"plain \u00e4", "plain \u00e4"},
      {R"(\"\\\/)", R"("\/)"},
      {R"(\b\f\n\r\t)", "\b\f\n\r\t"},
      {R"(\u001b[31m)", "\x1b[31m"},
      {R"(\u00E4\u20ac)", "\u00e4\u20ac"},
      {R"(\ud83d\ude00!)", "\U0001F600!"},
      {R"(\ud83d)", "\uFFFD"},
      {R"(\ud83d\u0041)", "\uFFFDA"},
      {R"(\ude00\ud83d)", "\uFFFD\uFFFD"},
      {R"(\u12)", R"(\u12)"},
      {R"(\u12g4)", R"(\u12g4)"},
      {R"(\u-123)", R"(\u-123)"},
      {R"(\x)", R"(\x)"},
      {"\\", "\\"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    CHECK(json_unescaped(row.text) == row.plain);
  }
}

}  // namespace
}  // namespace rt
