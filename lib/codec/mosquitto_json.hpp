#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

// JSON as mosquitto_sub 2.0.11 prints it (%j and %J, by cJSON). Pure.
namespace rt::mosquitto {

// Appends text as a string with its quotes: up to a NUL, and bytes that are not UTF-8 as they are.
void append_string(std::string& out, std::string_view text);

// Appends a JSON text in the form that cJSON gives it, at this depth of nesting. False, and nothing
// is appended, when it is not one.
bool append_value(std::string& out, std::string_view json, bool pretty, std::size_t depth);

// An object, member by member.
class ObjectWriter {
 public:
  ObjectWriter(std::string& out, bool pretty, std::size_t depth);
  // What follows is appended to `out` by the caller.
  void name(std::string_view text);
  void number(std::string_view name, std::uint64_t value);
  void string(std::string_view name, std::string_view value);
  void end();
  std::size_t depth() const { return depth_; }  // of its members

 private:
  std::string& out_;
  bool pretty_;
  std::size_t depth_;
  bool first_ = true;
};

}  // namespace rt::mosquitto
