#pragma once

#include <array>
#include <string>
#include <string_view>

#include "base/result.hpp"

// Text that is kept on one line, and apart from what ends a message, by backslashes
// (model/escape.hpp).
namespace rt {

class BackslashWriter {
 public:
  // Escapes backslashes, control characters and the byte of the delimiter that escaped_byte_of()
  // gives: behind text that was written so, the delimiter is found where it was put and not before.
  // Without such a byte this does not hold.
  explicit BackslashWriter(std::string_view delimiter);

  void append(std::string& out, std::string_view text) const;

 private:
  std::array<bool, 256> escaped_{};
};

// The text with its escapes resolved. An error (usage) names the first that is none.
Result<std::string> resolve_escapes(std::string_view text);

}  // namespace rt
