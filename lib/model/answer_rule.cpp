#include "model/answer_rule.hpp"

#include <utility>

namespace rt {
namespace {

// Where the "=" behind the pattern stands.
std::size_t end_of_pattern(std::string_view text) {
  if (text.starts_with('/')) {
    for (std::size_t at = 2; at < text.size(); ++at) {
      if (text[at] != '/' || text[at - 1] == '\\') continue;
      const std::string_view rest = text.substr(at + 1);
      if (rest.starts_with('=')) return at + 1;
      if (rest.starts_with("i=")) return at + 2;
    }
  }
  return text.find('=');
}

Result<std::vector<AnswerRule::Piece>> pieces_of(std::string_view text) {
  std::vector<AnswerRule::Piece> out;
  for (;;) {
    const std::size_t begin = text.find("%{/");
    out.push_back({std::string(text.substr(0, begin)), std::nullopt});
    if (begin == std::string_view::npos) return out;
    const std::size_t end = text.find('}', begin);
    if (end == std::string_view::npos) return Error(Fault::usage, "a %{ without its }");
    Result<JsonPointer> value = JsonPointer::parse(text.substr(begin + 2, end - begin - 2));
    if (!value) return value.error();
    if (value->names_many()) return Error(Fault::usage, "%{/POINTER} names one value, not *");
    out.back().value = *std::move(value);
    text.remove_prefix(end + 1);
  }
}

}  // namespace

Result<AnswerRule> AnswerRule::parse(std::string_view text) {
  const std::size_t end = end_of_pattern(text);
  if (end == std::string_view::npos) return Error(Fault::usage, "must be PATTERN=MESSAGE");
  Result<Pattern> question = Pattern::parse(text.substr(0, end));
  if (!question) return question.error();
  Result<std::vector<Piece>> answer = pieces_of(text.substr(end + 1));
  if (!answer) return answer.error();
  return AnswerRule{*std::move(question), *std::move(answer)};
}

}  // namespace rt
