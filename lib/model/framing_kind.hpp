#pragma once

#include <cstdint>

namespace rt {

// How messages lie in a byte stream such as stdin and stdout.
enum class FramingKind : std::uint8_t {
  lines,          // each message ends with LF; reading takes off one CR before it
  null_byte,      // -0: each message ends with NUL
  delimiter,      // each message ends with the given bytes
  length_prefix,  // a 4-byte big-endian length, then the payload
  json,           // one envelope a line; reading skips empty lines
  base64,         // one payload a line, as RFC 4648 section 4 has it
  hex,            // the same, as hexadecimal digits; reading allows spaces between them
  json_values,  // reading: JSON texts one after another; writing: payloads as they are, a line each
  raw,          // writing: payloads as they are, nothing between; reading: what one read gives
};

}  // namespace rt
