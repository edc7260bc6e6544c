#pragma once

#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "codec/json_picker.hpp"
#include "codec/recorded_facts.hpp"
#include "model/json_pointer.hpp"
#include "model/message.hpp"

// What reads JSON as a module of its own: simdjson, and the C++ library that it needs, are loaded
// when the first JSON is read. Both sides are built together, by one compiler.
namespace rt {

// What the module exports, under kJsonModuleSymbol.
struct JsonModule {
  // envelope::Reader of codec/envelope.hpp.
  void* (*make_reader)();
  void (*destroy_reader)(void* reader);
  void (*read)(void* reader, std::string_view line, Message& message, Result<void>& result);
  void (*read_recorded)(void* reader, std::string_view line, Message& message,
                        envelope::RecordedFacts& facts, Result<void>& result);
  // JsonPicker.
  void* (*make_picker)();
  void (*destroy_picker)(void* picker);
  bool (*pick)(void* picker, std::string_view json, const JsonPointer& pointer,
               std::vector<PickedValue>& out);
  bool (*flatten)(void* picker, std::string_view json, std::vector<PlacedValue>& out);
};

inline constexpr const char* kJsonModuleSymbol = "rt_json";

}  // namespace rt
