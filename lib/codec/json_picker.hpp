#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "model/json_pointer.hpp"

namespace rt {

// A value in a JSON text.
struct PickedValue {
  std::string text;  // a string's characters, else the same as `json`
  std::string json;  // without white space between its parts, numbers as they were written
};

// A value that has no parts, and where it lies.
struct PlacedValue {
  std::string pointer;
  std::string json;

  bool operator==(const PlacedValue&) const = default;
};

// Takes values out of JSON texts. No more of a text is checked than lies on the way to them.
class JsonPicker {
 public:
  JsonPicker();
  ~JsonPicker();
  JsonPicker(JsonPicker&&) noexcept;
  JsonPicker& operator=(JsonPicker&&) noexcept;

  // Before the first use. Errors: other (what reads JSON is not there).
  Result<void> prepare();

  // Appends what the pointer names, in the order of the text. False: it is no JSON there.
  bool pick(std::string_view json, const JsonPointer& pointer, std::vector<PickedValue>& out);
  // Appends every value that has no parts, empty arrays and objects among them, in the order of the
  // text. False: it is no JSON, or nested more than 128 deep.
  bool flatten(std::string_view json, std::vector<PlacedValue>& out);

 private:
  class Work;
  std::unique_ptr<Work> work_;
};

}  // namespace rt
