#include "codec/framing.hpp"

#include <algorithm>
#include <limits>
#include <memory>
#include <utility>

#include "base/hex.hpp"
#include "base/text.hpp"
#include "codec/framing_kinds.hpp"

namespace rt {
namespace {

// Of an envelope's other members. The payload itself may take six bytes for one ("\u0001").
constexpr std::size_t kEnvelopeMembers = 64u << 10;
constexpr std::size_t kLargestEscape = 6;
constexpr std::size_t kLargestDigits = 4;           // of hex with spaces, or base64, and a CR
constexpr std::size_t kLargestBackslashEscape = 4;  // "\\x01"

Framing bounded(Framing framing) {
  // So that no sum or product of limits overflows.
  framing.max_message = std::min(framing.max_message, std::numeric_limits<std::size_t>::max() / 16);
  return framing;
}

std::size_t max_unit_of(const Framing& framing) {
  if (framing.kind == FramingKind::json)
    return kLargestEscape * framing.max_message + kEnvelopeMembers;
  if (is_digits(framing.kind)) return kLargestDigits * framing.max_message + kLargestDigits;
  const std::size_t payload =
      framing.max_message * (has_backslashes(framing) ? kLargestBackslashEscape : 1);
  // The CR before LF is not part of the payload.
  return payload + (framing.crlf ? 1 : 0);
}

std::uint32_t read_prefix(std::string_view bytes) {
  std::uint32_t length = 0;
  for (std::size_t i = 0; i < kLengthPrefix; ++i)
    length = length << 8 | static_cast<unsigned char>(bytes[i]);
  return length;
}

void append_message(std::string_view payload, Batch& out) {
  auto message = std::make_shared<Message>();
  message->payload = payload;
  message->kind = valid_utf8(payload) ? PayloadKind::text : PayloadKind::binary;
  message->guessed = true;
  out.push_back(std::move(message));
}

void append_binary(std::string payload, Batch& out) {
  auto message = std::make_shared<Message>();
  message->payload = std::move(payload);
  message->kind = PayloadKind::binary;
  out.push_back(std::move(message));
}

}  // namespace

bool payload_only(const Framing& framing) {
  if (framing.kind == FramingKind::json) return false;
  return framing.format == nullptr || framing.format->payload_only();
}

FrameDecoder::FrameDecoder(Framing framing)
    : framing_(bounded(std::move(framing))),
      delimiter_(delimiter_of(framing_)),
      max_unit_(max_unit_of(framing_)),
      values_(framing_.max_message) {}

bool FrameDecoder::take_cut_binary() {
  return cut_binary_ && !std::exchange(cut_told_, true);
}

Result<void> FrameDecoder::receive(std::string_view bytes, Batch& out) {
  switch (framing_.kind) {
    case FramingKind::raw:
      if (framing_.whole) return receive_whole(bytes);
      receive_raw(bytes, out);
      return {};
    case FramingKind::json_values:
      return receive_values(bytes, out);
    case FramingKind::length_prefix:
      return receive_prefixed(bytes, out);
    default:
      return receive_delimited(bytes, out);
  }
}

Result<void> FrameDecoder::finish(Batch& out) {
  discard_ = 0;
  if (std::exchange(skipping_, false)) partial_.clear();
  if (framing_.kind == FramingKind::json_values) {
    const JsonValues::Step step = values_.finish();
    if (step == JsonValues::Step::wrong) return fail(values_.fault());
    return step == JsonValues::Step::value ? take_value(out) : Result<void>();
  }
  if (partial_.empty()) return {};
  ++count_;
  if (framing_.kind == FramingKind::raw) {
    append_binary(std::exchange(partial_, {}), out);
    return {};
  }
  if (framing_.kind == FramingKind::length_prefix) return fail("the stream ends inside it");
  const std::string last = std::move(partial_);
  partial_.clear();
  return framing_.kind == FramingKind::json ? take_envelope(last, out) : take_payload(last, out);
}

Result<void> FrameDecoder::receive_delimited(std::string_view bytes, Batch& out) {
  if (!partial_.empty() && take_across(bytes)) {
    if (auto taken = take(partial_, out); !taken) return taken;
    partial_.clear();
  }
  for (;;) {
    const std::size_t end =
        delimiter_.size() == 1 ? bytes.find(delimiter_[0]) : bytes.find(delimiter_);
    if (end == std::string_view::npos) break;
    std::string_view unit = bytes.substr(0, end);
    if (!partial_.empty()) {
      partial_ += unit;
      unit = partial_;
    }
    if (auto taken = take(unit, out); !taken) return taken;
    partial_.clear();
    bytes.remove_prefix(end + delimiter_.size());
  }
  // A started delimiter at the end is not payload.
  if (!skipping_ && partial_.size() + bytes.size() > max_unit_ + delimiter_.size() - 1) {
    ++count_;
    if (Result<void> refused = refuse(too_large()); !refused) return refused;
    skipping_ = true;
  }
  partial_ += bytes;
  if (skipping_ && partial_.size() >= delimiter_.size())
    partial_.erase(0, partial_.size() - (delimiter_.size() - 1));
  return {};
}

// True when a delimiter starts inside partial_ and ends in `bytes`: both lose it.
bool FrameDecoder::take_across(std::string_view& bytes) {
  const std::size_t longest = std::min(delimiter_.size() - 1, partial_.size());
  for (std::size_t started = longest; started > 0; --started) {
    const std::size_t rest = delimiter_.size() - started;
    if (partial_.ends_with(std::string_view(delimiter_).substr(0, started)) &&
        bytes.starts_with(std::string_view(delimiter_).substr(started))) {
      partial_.resize(partial_.size() - started);
      bytes.remove_prefix(rest);
      return true;
    }
  }
  return false;
}

Result<void> FrameDecoder::receive_prefixed(std::string_view bytes, Batch& out) {
  for (;;) {
    const std::size_t passed_over = std::min(discard_, bytes.size());
    discard_ -= passed_over;
    bytes.remove_prefix(passed_over);
    if (bytes.empty()) return {};
    // Completes the prefix first, then the payload, so that no more is copied than one message.
    if (!partial_.empty() && partial_.size() < kLengthPrefix) {
      const std::size_t n = std::min(kLengthPrefix - partial_.size(), bytes.size());
      partial_ += bytes.substr(0, n);
      bytes.remove_prefix(n);
    }
    const std::string_view head = partial_.empty() ? bytes : std::string_view(partial_);
    if (head.size() < kLengthPrefix) {
      if (partial_.empty()) partial_ = bytes;
      return {};
    }
    const std::size_t length = read_prefix(head);
    if (length > framing_.max_message) {
      ++count_;
      if (Result<void> refused = refuse(too_long_a_length(length)); !refused) return refused;
      if (partial_.empty()) bytes.remove_prefix(kLengthPrefix);
      partial_.clear();
      discard_ = length;
      continue;
    }
    const std::size_t missing = kLengthPrefix + length - partial_.size();
    if (bytes.size() < missing) {
      partial_ += bytes;
      return {};
    }
    std::string_view unit = bytes.substr(0, missing);
    if (!partial_.empty()) {
      partial_ += unit;
      unit = partial_;
    }
    ++count_;
    append_message(unit.substr(kLengthPrefix), out);
    partial_.clear();
    bytes.remove_prefix(missing);
  }
}

void FrameDecoder::receive_raw(std::string_view bytes, Batch& out) {
  const std::size_t most = std::max<std::size_t>(framing_.max_message, 1);
  while (!bytes.empty()) {
    append_message(bytes.substr(0, most), out);
    bytes.remove_prefix(std::min(most, bytes.size()));
  }
}

Result<void> FrameDecoder::receive_whole(std::string_view bytes) {
  if (skipping_) return {};
  if (partial_.size() + bytes.size() <= framing_.max_message) {
    partial_ += bytes;
    return {};
  }
  ++count_;
  skipping_ = true;
  return refuse(too_large());
}

Result<void> FrameDecoder::receive_values(std::string_view bytes, Batch& out) {
  while (!bytes.empty()) {
    const JsonValues::Step step = values_.next(bytes);
    if (step == JsonValues::Step::wrong) return fail(values_.fault());
    const bool ended = step == JsonValues::Step::value;
    // Who passes over it is told at its end.
    if (!ended && !skip_ && values_.size() > framing_.max_message) return too_large();
    if (!ended) continue;
    if (Result<void> taken = take_value(out); !taken) return taken;
  }
  return {};
}

Result<void> FrameDecoder::take_value(Batch& out) {
  if (values_.size() > framing_.max_message) return refuse(too_large());
  auto message = std::make_shared<Message>();
  message->payload = std::move(values_.value());
  message->kind = PayloadKind::text;
  out.push_back(std::move(message));
  return {};
}

Result<void> FrameDecoder::take(std::string_view unit, Batch& out) {
  if (std::exchange(skipping_, false)) return {};
  ++count_;
  if (framing_.kind == FramingKind::json) return take_envelope(unit, out);
  if (framing_.kind != FramingKind::lines) return take_payload(unit, out);
  if (framing_.crlf && unit.ends_with('\r')) unit.remove_suffix(1);
  const std::size_t before = out.size();
  Result<void> taken = take_payload(unit, out);
  if (out.size() > before && out.back()->kind == PayloadKind::binary) cut_binary_ = true;
  return taken;
}

Result<void> FrameDecoder::take_digits(std::string_view line, Batch& out) {
  const bool base64 = framing_.kind == FramingKind::base64;
  if (line.ends_with('\r')) line.remove_suffix(1);
  if (line.size() > max_unit_) return refuse(too_large());
  std::optional<std::string> payload = base64 ? base64_decode(line) : hex_decode(line);
  if (!payload) return fail(base64 ? "no base64" : "no hexadecimal digits, two for each byte");
  if (payload->size() > framing_.max_message) return refuse(too_large());
  append_binary(*std::move(payload), out);
  return {};
}

Result<void> FrameDecoder::take_payload(std::string_view payload, Batch& out) {
  if (is_digits(framing_.kind)) return take_digits(payload, out);
  if (has_backslashes(framing_) && payload.find('\\') != std::string_view::npos) {
    if (payload.size() > max_unit_) return refuse(too_large());
    const Result<std::string> resolved = resolve_escapes(payload);
    if (!resolved) return fail(resolved.error().text());
    if (resolved->size() > framing_.max_message) return refuse(too_large());
    append_message(*resolved, out);
    return {};
  }
  if (payload.size() > framing_.max_message) return refuse(too_large());
  append_message(payload, out);
  return {};
}

Result<void> FrameDecoder::take_envelope(std::string_view line, Batch& out) {
  if (line.size() > max_unit_) return refuse(too_large());
  if (line.find_first_not_of(" \t\r") == std::string_view::npos) return {};
  auto message = std::make_shared<Message>();
  if (auto read = reader_.read(line, *message); !read) return fail(read.error().text());
  if (message->payload.size() > framing_.max_message) return refuse(too_large());
  out.push_back(std::move(message));
  return {};
}

Error FrameDecoder::fail(std::string_view what) const {
  const bool values = framing_.kind == FramingKind::json_values;
  const bool lines = values || framing_.kind == FramingKind::lines ||
                     framing_.kind == FramingKind::json || is_digits(framing_.kind);
  std::string text = lines ? "line " : "message ";
  text += std::to_string(values ? values_.line() : count_);
  text += ": ";
  text += what;
  return Error(Fault::usage, std::move(text));
}

Result<void> FrameDecoder::refuse(const Error& error) {
  if (!skip_) return error;
  skip_(error);
  return {};
}

Error FrameDecoder::too_long_a_length(std::size_t length) const {
  return fail("its length " + std::to_string(length) + " is over the limit of " +
              std::to_string(framing_.max_message) + " bytes");
}

Error FrameDecoder::too_large() const {
  return fail("longer than the limit of " + std::to_string(framing_.max_message) + " bytes");
}

}  // namespace rt
