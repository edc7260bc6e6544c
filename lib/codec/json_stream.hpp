#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace rt {

// How JSON values follow one another in a stream.
enum class JsonStreamKind : std::uint8_t {
  lines,     // one a line: application/x-ndjson, application/jsonl
  sequence,  // each after a record separator (RFC 7464): application/json-seq
  values,    // one after the other, with white space between them or nothing: application/json
};

// The kind that a media type (with or without parameters) stands for, if it is one of these.
std::optional<JsonStreamKind> json_stream_kind(std::string_view content_type);

// Takes the bytes of such a stream and gives each value's text as soon as it is whole, without
// white space around it. Only brackets, strings and white space are looked at: what the value says,
// and whether it is JSON at all, is for others.
class JsonStream {
 public:
  JsonStream(JsonStreamKind kind, std::size_t most) : kind_(kind), most_(most) {}

  struct Value {
    std::string text;
    bool too_long = false;  // over the limit: it was left out
  };

  // Fails (protocol) when a value that is too long does not end within many times its limit.
  Result<void> receive(std::string_view bytes);
  // The stream has ended in good order: what has come of the last value is all of it.
  void end() { finish(); }
  std::optional<Value> next();

 private:
  void take_lines(std::string_view bytes);
  void take_values(std::string_view bytes);
  void keep(std::string_view bytes);
  void finish();
  void forget();

  JsonStreamKind kind_;
  std::size_t most_;
  std::string text_;  // of a value that is not whole
  bool too_long_ = false;
  std::size_t dropped_ = 0;  // bytes of it
  std::size_t depth_ = 0;    // open brackets
  bool in_string_ = false;
  bool escaped_ = false;  // the next byte of a string
  std::vector<Value> ready_;
  std::size_t taken_ = 0;  // of ready_
};

}  // namespace rt
