#pragma once

#include <optional>
#include <string>
#include <string_view>

// A look at the top of a JSON text, without a tree of it: for protocols that put somebody else's
// JSON into a JSON of their own.
namespace rt {

// One JSON text (RFC 8259) and nothing else, whatever it is nested.
bool is_json(std::string_view text);

// The parts of an array or object, one after the other, as they are written. They lie in the text,
// which must be JSON; what is neither array nor object has none.
class JsonParts {
 public:
  explicit JsonParts(std::string_view json);

  struct Part {
    std::string_view name;  // of a member: the inside of the string
    std::string_view value;
  };
  std::optional<Part> next();
  // What is left of the text behind the parts taken, without the closing bracket and white space.
  std::string_view rest() const { return rest_; }

 private:
  std::string_view take_value();

  bool object_ = false;
  std::string_view rest_;
};

// A member of an object, the last one of that name; empty when there is none.
std::string_view json_member(std::string_view json, std::string_view name);
// The characters of a JSON string; any other value as it is written.
std::string json_text(std::string_view value);
bool is_json_string(std::string_view value);
bool is_json_array(std::string_view json);
bool is_json_object(std::string_view json);
// Appends the text as a JSON string. It must be valid UTF-8.
void append_json_quoted(std::string& out, std::string_view text);
// Appends what a person typed as a value: JSON as it is, any other text as a string.
void append_json_value(std::string& out, std::string_view text);

}  // namespace rt
