#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.hpp"

namespace rt {

// A frame of STOMP 1.2.
struct StompFrame {
  std::string command;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;

  // The first header of that name, which counts; nullopt when there is none.
  std::optional<std::string_view> header(std::string_view name) const;
  bool operator==(const StompFrame&) const = default;
};

// Appends it with its NUL. Header names and values are escaped but in CONNECT. A content-length is
// written only where the body needs it: with it some brokers take text for bytes.
void append_stomp(std::string& out, const StompFrame& frame);

// Takes bytes and gives frames; a line end between frames is a sign of life and gives nothing.
class StompReader {
 public:
  // The most bytes of a body.
  explicit StompReader(std::size_t most) : most_(most) {}

  // Takes all bytes. Errors: protocol; after one it must not be used again.
  Result<void> receive(std::string_view bytes);
  std::optional<StompFrame> next();

 private:
  // From begin_ on: the size of the head, with its empty line; 0 when it is not whole.
  Result<std::size_t> head_size() const;
  Result<void> read_head(std::string_view head);
  // False: more bytes are needed.
  Result<bool> take_frame();

  std::size_t most_;
  std::string buffer_;
  std::size_t begin_ = 0;    // of the frame, or of what follows the last one, in the buffer
  std::size_t scanned_ = 0;  // where to look on for the body's NUL
  std::size_t head_ = 0;     // bytes of the head, when it is read
  std::optional<std::size_t> length_;
  StompFrame frame_;
  std::vector<StompFrame> ready_;
  std::size_t given_ = 0;
};

}  // namespace rt
