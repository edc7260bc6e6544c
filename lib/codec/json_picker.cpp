#include "codec/json_picker.hpp"

#include <simdjson.h>

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstring>
#include <optional>

#include "base/text.hpp"

namespace rt {
namespace {

namespace json = simdjson::ondemand;

constexpr std::size_t kFirstCapacity = 4096;
// What one long text needed is given back after it.
constexpr std::size_t kKeptCapacity = 1u << 20;
constexpr std::size_t kMaxDepth = 128;

std::string_view without_space_behind(std::string_view text) {
  while (!text.empty() &&
         (text.back() == ' ' || text.back() == '\t' || text.back() == '\r' || text.back() == '\n'))
    text.remove_suffix(1);
  return text;
}

// Between the parts, not within strings.
std::string compact(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_string) {
      out += c;
      if (c == '\\' && i + 1 < text.size())
        out += text[++i];
      else if (c == '"')
        in_string = false;
    } else if (c != ' ' && c != '\t' && c != '\r' && c != '\n') {
      out += c;
      in_string = c == '"';
    }
  }
  return out;
}

// As the standard writes it: no sign, no leading zero.
std::optional<std::uint64_t> index_of(std::string_view token) {
  if (token.size() > 1 && token.front() == '0') return std::nullopt;
  return parse_uint(token);
}

}  // namespace

// Every function that returns bool is false when the text is no JSON.
class JsonPicker::Work {
 public:
  template <class Visit>
  bool over(std::string_view text, Visit visit) {
    if (text.empty()) return false;
    if (!prepare(text)) return false;
    json::document document;
    if (parser_.iterate(buffer_.get(), text.size(), capacity_ + simdjson::SIMDJSON_PADDING)
            .get(document))
      return false;
    json::value value;
    // A text that is one scalar has no value to simdjson.
    if (document.get_value().get(value)) return scalar(text, visit);
    const bool good = visit.value(value);
    return good;
  }
  bool oversized() const { return capacity_ > kKeptCapacity; }

  static bool type_of(json::value& value, json::json_type& type) {
    return value.type().get(type) == simdjson::SUCCESS;
  }
  // The JSON of a value, and its text where it is a string.
  static bool take(json::value& value, PickedValue& out) {
    json::json_type type{};
    if (!type_of(value, type)) return false;
    if (type == json::json_type::string) {
      out.json = without_space_behind(value.raw_json_token());
      std::string_view text;
      if (value.get_string().get(text)) return false;
      out.text = text;
      return true;
    }
    std::string_view raw;
    if (type == json::json_type::array || type == json::json_type::object) {
      if (simdjson::to_json_string(value).get(raw)) return false;
      out.json = compact(raw);
    } else {
      raw = without_space_behind(value.raw_json_token());
      if (!is_scalar(raw)) return false;
      out.json = raw;
    }
    out.text = out.json;
    return true;
  }

 private:
  static bool is_scalar(std::string_view raw) {
    return raw == "true" || raw == "false" || raw == "null" ||
           (!raw.empty() && (raw[0] == '-' || (raw[0] >= '0' && raw[0] <= '9')));
  }
  bool prepare(std::string_view text) {
    if (text.size() > capacity_) {
      const std::size_t capacity = std::bit_ceil(std::max(text.size(), kFirstCapacity));
      if (parser_.allocate(capacity)) return false;
      buffer_ = std::make_unique<char[]>(capacity + simdjson::SIMDJSON_PADDING);
      capacity_ = capacity;
    }
    std::memcpy(buffer_.get(), text.data(), text.size());
    return true;
  }
  // As the one element of an array.
  template <class Visit>
  bool scalar(std::string_view text, Visit visit) {
    std::string wrapped = "[";
    wrapped += text;
    wrapped += ']';
    if (!prepare(wrapped)) return false;
    json::document document;
    if (parser_.iterate(buffer_.get(), wrapped.size(), capacity_ + simdjson::SIMDJSON_PADDING)
            .get(document))
      return false;
    json::array elements;
    if (document.get_array().get(elements)) return false;
    bool good = false;
    std::size_t count = 0;
    for (auto next : elements) {
      json::value value;
      if (next.get(value) || ++count > 1) return false;
      good = visit.value(value);
      if (!good) return false;
    }
    return good;
  }

  json::parser parser_;
  std::unique_ptr<char[]> buffer_;
  std::size_t capacity_ = 0;
};

namespace {

struct Picking {
  const std::vector<std::string>& tokens;
  std::vector<PickedValue>& out;
  bool (*take)(json::value&, PickedValue&);

  bool value(json::value& root) { return at(root, 0); }

  bool at(json::value& here, std::size_t depth) {
    if (depth == tokens.size()) {
      PickedValue picked;
      if (!take(here, picked)) return false;
      out.push_back(std::move(picked));
      return true;
    }
    json::json_type type{};
    if (here.type().get(type)) return false;
    if (type == json::json_type::object) return in_object(here, depth);
    if (type == json::json_type::array) return in_array(here, depth);
    return true;
  }
  bool in_object(json::value& here, std::size_t depth) {
    json::object object;
    if (here.get_object().get(object)) return false;
    for (auto next : object) {
      if (next.error()) return false;
      json::field&& field = std::move(next).value_unsafe();
      std::string_view name;
      if (field.unescaped_key().get(name)) return false;
      if (name == tokens[depth]) return at(field.value(), depth + 1);
    }
    return true;
  }
  static bool begins_well(json::array& array) {
    for (auto next : array) {
      json::value element;
      json::json_type type{};
      return !next.get(element) && !element.type().get(type);
    }
    return true;
  }
  bool in_array(json::value& here, std::size_t depth) {
    const bool each = tokens[depth] == "*";
    const std::optional<std::uint64_t> wanted = index_of(tokens[depth]);
    json::array array;
    if (here.get_array().get(array)) return false;
    // "[DONE]" is none, though nothing in it is asked for.
    if (!each && !wanted) return begins_well(array);
    std::uint64_t index = 0;
    for (auto next : array) {
      json::value element;
      if (next.get(element)) return false;
      if (!each && index++ != *wanted) continue;
      if (!at(element, depth + 1)) return false;
      if (!each) return true;
    }
    return true;
  }
};

struct Flattening {
  std::vector<PlacedValue>& out;
  bool (*take)(json::value&, PickedValue&);
  std::string pointer = {};

  bool value(json::value& root) { return at(root, 0); }

  bool at(json::value& here, std::size_t depth) {
    json::json_type type{};
    if (depth > kMaxDepth || here.type().get(type)) return false;
    const std::size_t length = pointer.size();
    const std::size_t before = out.size();
    if (type == json::json_type::object) {
      json::object object;
      if (here.get_object().get(object)) return false;
      for (auto next : object) {
        if (next.error()) return false;
        json::field&& field = std::move(next).value_unsafe();
        std::string_view name;
        if (field.unescaped_key().get(name)) return false;
        JsonPointer::append_token(pointer, name);
        if (!at(field.value(), depth + 1)) return false;
        pointer.resize(length);
      }
      if (out.size() == before) out.push_back({pointer, "{}"});
      return true;
    }
    if (type == json::json_type::array) {
      json::array array;
      if (here.get_array().get(array)) return false;
      std::uint64_t index = 0;
      for (auto next : array) {
        json::value element;
        if (next.get(element)) return false;
        JsonPointer::append_token(pointer, std::to_string(index++));
        if (!at(element, depth + 1)) return false;
        pointer.resize(length);
      }
      if (out.size() == before) out.push_back({pointer, "[]"});
      return true;
    }
    PickedValue picked;
    if (!take(here, picked)) return false;
    out.push_back({pointer, std::move(picked.json)});
    return true;
  }
};

}  // namespace

JsonPicker::JsonPicker() : work_(std::make_unique<Work>()) {}
JsonPicker::~JsonPicker() = default;
JsonPicker::JsonPicker(JsonPicker&&) noexcept = default;
JsonPicker& JsonPicker::operator=(JsonPicker&&) noexcept = default;

Result<void> JsonPicker::prepare() {
  return {};
}

bool JsonPicker::pick(std::string_view json, const JsonPointer& pointer,
                      std::vector<PickedValue>& out) {
  const std::size_t before = out.size();
  const bool good = work_->over(json, Picking{pointer.tokens(), out, &Work::take});
  if (!good) out.resize(before);
  if (work_->oversized()) work_ = std::make_unique<Work>();
  return good;
}

bool JsonPicker::flatten(std::string_view json, std::vector<PlacedValue>& out) {
  const std::size_t before = out.size();
  const bool good = work_->over(json, Flattening{out, &Work::take});
  if (!good) out.resize(before);
  if (work_->oversized()) work_ = std::make_unique<Work>();
  return good;
}

}  // namespace rt
