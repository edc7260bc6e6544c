#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/result.hpp"
#include "codec/backslash.hpp"
#include "codec/envelope.hpp"
#include "codec/format_writer.hpp"
#include "codec/json_values.hpp"
#include "codec/mosquitto_writer.hpp"
#include "model/defaults.hpp"
#include "model/escape.hpp"
#include "model/framing_kind.hpp"
#include "model/message.hpp"
#include "model/message_format.hpp"

// How messages lie in a byte stream such as stdin and stdout.
namespace rt {

struct Framing {
  FramingKind kind = FramingKind::lines;
  std::string delimiter = "\n";  // for kind delimiter; empty means the same
  std::size_t max_message = defaults::kMaxMessage;
  bool crlf = false;   // lines, reading: they may end with CR LF
  bool whole = false;  // raw, reading: all up to the end is one binary message
  // Of the kinds whose messages end with something; with Escape::backslash reading resolves the
  // escapes, and the delimiter must have an escaped_byte_of().
  Escape escape = Escape::warn;
  // Writing for a terminal: what is in a message cannot steer it (see append_visible). Nothing of
  // it with raw and length_prefix. A template's own text stays as it is.
  bool visible = false;
  // Writing: what stands in the payload's place; not with json. Null: the payload.
  std::shared_ptr<const MessageFormat> format = nullptr;
  // Writing: instead of all that, as Mosquitto's clients do. Null: they are not asked for.
  std::shared_ptr<const MosquittoFormat> mosquitto = nullptr;
};

// True when nothing of a message is written but its payload.
bool payload_only(const Framing& framing);

// Bytes in, messages out. Messages get kind text when the payload is valid UTF-8 and binary
// otherwise (json: as the envelope says; base64, hex, and the whole of raw: binary).
class FrameDecoder {
 public:
  explicit FrameDecoder(Framing framing);

  // True once, when lines that are not UTF-8 have been cut at newlines: perhaps they were no lines.
  bool take_cut_binary();

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
  Result<void> receive_values(std::string_view bytes, Batch& out);
  Result<void> take_value(Batch& out);
  Result<void> receive_whole(std::string_view bytes);
  Result<void> take_digits(std::string_view line, Batch& out);
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
  JsonValues values_;
  bool cut_binary_ = false;
  bool cut_told_ = false;
};

// What became of a message that was to be written.
enum class FrameFate : std::uint8_t {
  whole,    // written so that it reads back as one, or there was nothing to write, or nobody asks
  split,    // written, but with what ends a message in it (Escape::warn)
  refused,  // not written: for that reason, or it is too long to be length-prefixed
};

class FrameEncoder {
 public:
  // Without a transport the envelopes have no "proto".
  FrameEncoder(Framing framing, std::optional<Transport> proto);
  FrameEncoder(const FrameEncoder&) = delete;
  FrameEncoder& operator=(const FrameEncoder&) = delete;

  // Appends the message. A gap report is written only as json (others get it on stderr by the
  // caller). What a template's own text and its strftime hold counts for nothing: it is the user's
  // wish. With Escape::backslash a message is refused whose delimiter no escape can hide: one of
  // several bytes that a field and the template's text make together, or one in %j.
  FrameFate append(std::string& out, const Message& message);

 private:
  void append_body(std::string& out, const Message& message);
  void append_envelope(std::string& out, const Message& message) const;
  bool ends_early(std::string_view payload, std::string_view written, std::size_t begin) const;
  bool fields_hold_delimiter(std::string_view written, std::size_t begin) const;
  FrameFate end_message(std::string& out, std::size_t begin, const Message& message);

  Framing framing_;
  std::string_view proto_;
  std::optional<BackslashWriter> escapes_;
  std::optional<FormatWriter> format_;
  std::optional<MosquittoWriter> mosquitto_;
};

}  // namespace rt
