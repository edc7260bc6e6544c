#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "model/json_pointer.hpp"
#include "model/pattern.hpp"

namespace rt {

// What is sent back to a message with a pattern in it: PATTERN=MESSAGE. Where the pattern is no
// /REGEX/ the first "=" ends it. In MESSAGE "%{/POINTER}" stands for that value of the message that
// is answered, as JSON has it.
struct AnswerRule {
  // Text, and after it a value of the question.
  struct Piece {
    std::string text;
    std::optional<JsonPointer> value;
  };

  // Errors (usage) say what is wrong.
  static Result<AnswerRule> parse(std::string_view text);

  Pattern question;
  std::vector<Piece> answer;  // at least one
};

}  // namespace rt
