#include "codec/link_field.hpp"

#include "base/text.hpp"

namespace rt::http {
namespace {

// A relation type is one of several words, in any case.
bool has_word(std::string_view words, std::string_view word) {
  for (const std::string_view one : split(words, ' '))
    if (iequals(trim(one), word)) return true;
  return false;
}

// Takes a token or a quoted string off the front, without its quotes.
std::string take_value(std::string_view& rest) {
  std::string value;
  rest = trim(rest);
  if (rest.empty() || rest.front() != '"') {
    const std::size_t end = std::min(rest.find_first_of(";,"), rest.size());
    value = trim(rest.substr(0, end));
    rest.remove_prefix(end);
    return value;
  }
  std::size_t at = 1;
  for (; at < rest.size() && rest[at] != '"'; ++at) {
    if (rest[at] == '\\' && at + 1 < rest.size()) ++at;
    value += rest[at];
  }
  rest.remove_prefix(std::min(at + 1, rest.size()));
  return value;
}

}  // namespace

std::optional<std::string> link_to(std::string_view field, std::string_view relation) {
  for (std::string_view rest = trim(field); !rest.empty() && rest.front() == '<';) {
    const std::size_t end = rest.find('>');
    if (end == std::string_view::npos) return std::nullopt;
    const std::string_view target = rest.substr(1, end - 1);
    rest = trim(rest.substr(end + 1));
    bool found = false;
    bool named = false;  // only the first rel of a link counts
    while (!rest.empty() && rest.front() == ';') {
      rest = trim(rest.substr(1));
      const std::size_t name_end = std::min(rest.find_first_of("=;,"), rest.size());
      const std::string_view name = trim(rest.substr(0, name_end));
      rest.remove_prefix(name_end);
      std::string value;
      if (!rest.empty() && rest.front() == '=') {
        rest.remove_prefix(1);
        value = take_value(rest);
      }
      if (iequals(name, "rel") && !named) {
        named = true;
        found = has_word(value, relation);
      }
      rest = trim(rest);
    }
    if (found) return std::string(target);
    if (rest.empty() || rest.front() != ',') return std::nullopt;
    rest = trim(rest.substr(1));
  }
  return std::nullopt;
}

}  // namespace rt::http
