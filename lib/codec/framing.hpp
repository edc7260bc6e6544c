#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/result.hpp"
#include "codec/envelope.hpp"
#include "model/message.hpp"

// How messages lie in a byte stream such as stdin and stdout.
namespace rt {

enum class FramingKind : std::uint8_t {
  lines,          // each message ends with LF; reading takes off one CR before it
  null_byte,      // -0: each message ends with NUL
  delimiter,      // each message ends with the given bytes
  length_prefix,  // a 4-byte big-endian length, then the payload
  json,           // one envelope a line; reading skips empty lines
  raw,            // writing: payloads as they are, nothing between; reading: what one read gives
};

struct Framing {
  FramingKind kind = FramingKind::lines;
  std::string delimiter = "\n";  // for kind delimiter; empty means the same
  std::size_t max_message = 16u << 20;
};

// Bytes in, messages out. Messages get kind text when the payload is valid UTF-8 and binary
// otherwise (json: as the envelope says).
class FrameDecoder {
 public:
  explicit FrameDecoder(Framing framing);

  // From now on what is over max_message is passed over and reported, and is no error.
  void skip_too_large(std::function<void(const Error&)> report) { skip_ = std::move(report); }

  // Takes all bytes and appends the messages that they complete. An error (usage) names the
  // message's number ("line 3: …", every line counted); messages before it are in `out`, and the
  // decoder must not be used again. A message over max_message is an error, except with raw, where
  // it comes in several.
  Result<void> receive(std::string_view bytes, Batch& out);
  // The end of the stream: a last message without its delimiter counts, unless it is empty. An
  // error when length-prefix or json is cut.
  Result<void> finish(Batch& out);

 private:
  Result<void> receive_delimited(std::string_view bytes, Batch& out);
  Result<void> receive_prefixed(std::string_view bytes, Batch& out);
  void receive_raw(std::string_view bytes, Batch& out);
  bool take_across(std::string_view& bytes);
  Result<void> take(std::string_view unit, Batch& out);
  Result<void> take_payload(std::string_view payload, Batch& out);
  Result<void> take_envelope(std::string_view line, Batch& out);
  Error fail(std::string_view what) const;
  Error too_large() const;
  Error too_long_a_length(std::size_t length) const;
  Result<void> refuse(const Error& error);

  Framing framing_;
  std::function<void(const Error&)> skip_;
  bool skipping_ = false;    // up to the next delimiter
  std::size_t discard_ = 0;  // bytes of a length-prefixed message that is passed over
  std::string delimiter_;
  std::size_t max_unit_;     // of the bytes between two delimiters
  std::string partial_;      // the start of a message whose end has not come
  std::uint64_t count_ = 0;  // messages, or lines of json, begun
  envelope::Reader reader_;
};

class FrameEncoder {
 public:
  // Without a transport the envelopes have no "proto".
  FrameEncoder(Framing framing, std::optional<Transport> proto);

  // Appends the message. A gap report is written only as json (others get it on stderr by the
  // caller). A payload that holds the delimiter is written as it is and reads as several. A
  // payload over 4 GiB - 1 cannot be length-prefixed and is left out; max_message prevents it.
  void append(std::string& out, const Message& message) const;

 private:
  Framing framing_;
  std::string_view proto_;
};

}  // namespace rt
