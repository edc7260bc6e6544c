#include "codec/json_parts.hpp"

#include "codec/json_string.hpp"
#include "codec/json_values.hpp"

namespace rt {
namespace {

constexpr std::string_view kSpace = " \t\r\n";

std::string_view stripped(std::string_view text) {
  const std::size_t first = text.find_first_not_of(kSpace);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

bool begins_with(std::string_view json, char c) {
  const std::string_view text = stripped(json);
  return !text.empty() && text.front() == c;
}

// The length of the string at the front, quotes included.
std::size_t string_size(std::string_view text) {
  std::size_t at = 1;
  while (at < text.size() && text[at] != '"') at += text[at] == '\\' ? 2 : 1;
  return std::min(at + 1, text.size());
}

}  // namespace

bool is_json(std::string_view text) {
  JsonValues values(0);
  const JsonValues::Step first = values.next(text);
  if (first == JsonValues::Step::more) return values.finish() == JsonValues::Step::value;
  return first == JsonValues::Step::value && stripped(text).empty();
}

JsonParts::JsonParts(std::string_view json) {
  const std::string_view text = stripped(json);
  if (text.size() < 2 || (text.front() != '[' && text.front() != '{')) return;
  object_ = text.front() == '{';
  rest_ = stripped(text.substr(1, text.size() - 2));
}

// Up to the comma behind it.
std::string_view JsonParts::take_value() {
  std::size_t depth = 0;
  std::size_t at = 0;
  while (at < rest_.size()) {
    const char c = rest_[at];
    if (c == '"') {
      at += string_size(rest_.substr(at));
      continue;
    }
    if (c == ',' && depth == 0) break;
    if (c == '[' || c == '{') ++depth;
    if ((c == ']' || c == '}') && depth > 0) --depth;
    ++at;
  }
  const std::string_view value = stripped(rest_.substr(0, at));
  rest_.remove_prefix(std::min(at + 1, rest_.size()));
  rest_ = stripped(rest_);
  return value;
}

std::optional<JsonParts::Part> JsonParts::next() {
  if (rest_.empty()) return std::nullopt;
  Part part;
  if (object_ && rest_.front() == '"') {
    const std::size_t size = string_size(rest_);
    part.name = rest_.substr(1, size - std::min<std::size_t>(size, 2));
    rest_.remove_prefix(size);
    rest_.remove_prefix(std::min(rest_.find(':'), rest_.size() - 1) + 1);
  }
  part.value = take_value();
  return part;
}

std::string_view json_member(std::string_view json, std::string_view name) {
  std::string_view found;
  if (!is_json_object(json)) return found;
  JsonParts parts(json);
  while (const auto part = parts.next()) {
    const bool escaped = part->name.find('\\') != std::string_view::npos;
    if (escaped ? json_unescaped(part->name) == name : part->name == name) found = part->value;
  }
  return found;
}

bool is_json_string(std::string_view value) {
  return value.size() >= 2 && value.front() == '"' && value.back() == '"';
}

bool is_json_array(std::string_view json) {
  return begins_with(json, '[');
}

bool is_json_object(std::string_view json) {
  return begins_with(json, '{');
}

std::string json_text(std::string_view value) {
  if (!is_json_string(value)) return std::string(value);
  return json_unescaped(value.substr(1, value.size() - 2));
}

void append_json_quoted(std::string& out, std::string_view text) {
  out += '"';
  append_json_escaped(out, text);
  out += '"';
}

void append_json_value(std::string& out, std::string_view text) {
  if (is_json(text))
    out += text;
  else
    append_json_quoted(out, text);
}

}  // namespace rt
