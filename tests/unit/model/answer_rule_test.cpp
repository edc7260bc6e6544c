#include "model/answer_rule.hpp"

#include <doctest/doctest.h>

namespace rt {
namespace {

// "question -> text|/pointer|text", or "error: ...".
std::string shown(std::string_view text) {
  const auto rule = AnswerRule::parse(text);
  if (!rule) return "error: " + rule.error().text();
  std::string out = rule->question.text() + " -> ";
  for (const AnswerRule::Piece& piece : rule->answer) {
    out += piece.text;
    if (piece.value) out += "|" + piece.value->text() + "|";
  }
  return out;
}

TEST_CASE("a question and its answer") {
  struct Row {
    std::string_view text;
    std::string_view rule;
  };
  const Row rows[] = {
      {"ping=pong", "ping -> pong"},
      {"2=3", "2 -> 3"},
      {"ping=", "ping -> "},
      {"a=b=c", "a -> b=c"},
      {"/^2$/=3", "/^2$/ -> 3"},
      {"/a=b/=c", "/a=b/ -> c"},
      {"/PING/i=pong", "/PING/i -> pong"},
      {R"(/a\/=b/=c)", R"(/a\/=b/ -> c)"},
      {"/path=x", "/path -> x"},
      {R"("ping"={"pong":%{/ping}})", R"("ping" -> {"pong":|/ping|})"},
      {"a=%{/x}%{/y/0}z", "a -> |/x||/y/0|z"},
      {"a=%{x}", "a -> %{x}"},
      {"a=%{/x", "error: a %{ without its }"},
      {"a=%{/*/x}", "error: %{/POINTER} names one value, not *"},
      {"ping", "error: must be PATTERN=MESSAGE"},
      {"=pong", "error: a pattern cannot be empty"},
      {"/(/=x", "error: Unmatched ( or \\("},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    CHECK(shown(row.text) == row.rule);
  }
}

}  // namespace
}  // namespace rt
