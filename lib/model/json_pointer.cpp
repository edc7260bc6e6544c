#include "model/json_pointer.hpp"

#include <algorithm>
#include <cstddef>
#include <optional>

#include "base/text.hpp"

namespace rt {
namespace {

constexpr std::size_t kMostTokens = 64;

// Nothing: a tilde that stands for neither.
std::optional<std::string> unescaped(std::string_view token) {
  std::string out;
  for (std::size_t i = 0; i < token.size(); ++i) {
    if (token[i] != '~') {
      out += token[i];
    } else if (++i < token.size() && (token[i] == '0' || token[i] == '1')) {
      out += token[i] == '0' ? '~' : '/';
    } else {
      return std::nullopt;
    }
  }
  return out;
}

}  // namespace

Result<JsonPointer> JsonPointer::parse(std::string_view text) {
  const auto wrong = [&](const std::string& why) {
    return Error(Fault::usage, "'" + printable(text) + "' is no JSON pointer: " + why);
  };
  JsonPointer pointer;
  pointer.text_ = text;
  if (text.empty()) return pointer;
  if (text.front() != '/') return wrong("it begins with a slash, as in /price");
  for (const std::string_view token : split(text.substr(1), '/')) {
    std::optional<std::string> name = unescaped(token);
    if (!name) return wrong("a tilde is written ~0, a slash in a name ~1");
    pointer.tokens_.push_back(*std::move(name));
  }
  if (pointer.tokens_.size() > kMostTokens)
    return wrong("it has more than " + std::to_string(kMostTokens) + " parts");
  return pointer;
}

bool JsonPointer::names_many() const {
  return std::find(tokens_.begin(), tokens_.end(), "*") != tokens_.end();
}

void JsonPointer::append_token(std::string& out, std::string_view name) {
  out += '/';
  for (const char c : name) {
    if (c == '~')
      out += "~0";
    else if (c == '/')
      out += "~1";
    else
      out += c;
  }
}

}  // namespace rt
