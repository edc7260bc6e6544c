#pragma once

#include <string_view>

#include "base/result.hpp"
#include "model/message.hpp"

// The reader of envelopes as a module of its own: simdjson, and the C++ library that it needs, are
// loaded when the first envelope is read. Both sides are built together, by one compiler.
namespace rt::envelope {

// What the module exports, under kModuleSymbol.
struct ReaderModule {
  void* (*make)();
  void (*destroy)(void* reader);
  // Reader::read of codec/envelope.hpp.
  void (*read)(void* reader, std::string_view line, Message& message, Result<void>& result);
};

inline constexpr const char* kModuleSymbol = "rt_envelope_reader";

}  // namespace rt::envelope
