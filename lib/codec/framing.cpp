#include "codec/framing.hpp"

#include <algorithm>
#include <limits>
#include <memory>
#include <utility>

#include "base/text.hpp"

namespace rt {
namespace {

constexpr std::size_t kPrefix = 4;
// Of an envelope's other members. The payload itself may take six bytes for one ("\u0001").
constexpr std::size_t kEnvelopeMembers = 64u << 10;
constexpr std::size_t kLargestEscape = 6;
constexpr std::size_t kLargestBackslashEscape = 4;  // "\\x01"

std::string delimiter_of(const Framing& framing) {
  if (framing.kind == FramingKind::null_byte) return std::string(1, '\0');
  if (framing.kind == FramingKind::delimiter && !framing.delimiter.empty())
    return framing.delimiter;
  return "\n";
}

Framing bounded(Framing framing) {
  // So that no sum or product of limits overflows.
  framing.max_message = std::min(framing.max_message, std::numeric_limits<std::size_t>::max() / 16);
  return framing;
}

bool has_delimiter(FramingKind kind) {
  return kind == FramingKind::lines || kind == FramingKind::null_byte ||
         kind == FramingKind::delimiter;
}

bool has_backslashes(const Framing& framing) {
  return framing.escape == Escape::backslash && has_delimiter(framing.kind);
}

std::size_t max_unit_of(const Framing& framing) {
  if (framing.kind == FramingKind::json)
    return kLargestEscape * framing.max_message + kEnvelopeMembers;
  const std::size_t payload =
      framing.max_message * (has_backslashes(framing) ? kLargestBackslashEscape : 1);
  // A CR before LF is not part of the payload.
  return payload + (framing.kind == FramingKind::lines ? 1 : 0);
}

std::uint32_t read_prefix(std::string_view bytes) {
  std::uint32_t length = 0;
  for (std::size_t i = 0; i < kPrefix; ++i)
    length = length << 8 | static_cast<unsigned char>(bytes[i]);
  return length;
}

void append_message(std::string_view payload, Batch& out) {
  auto message = std::make_shared<Message>();
  message->payload = payload;
  message->kind = valid_utf8(payload) ? PayloadKind::text : PayloadKind::binary;
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
      max_unit_(max_unit_of(framing_)) {}

Result<void> FrameDecoder::receive(std::string_view bytes, Batch& out) {
  switch (framing_.kind) {
    case FramingKind::raw:
      receive_raw(bytes, out);
      return {};
    case FramingKind::length_prefix:
      return receive_prefixed(bytes, out);
    default:
      return receive_delimited(bytes, out);
  }
}

Result<void> FrameDecoder::finish(Batch& out) {
  discard_ = 0;
  if (std::exchange(skipping_, false)) partial_.clear();
  if (partial_.empty()) return {};
  ++count_;
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
    if (!partial_.empty() && partial_.size() < kPrefix) {
      const std::size_t n = std::min(kPrefix - partial_.size(), bytes.size());
      partial_ += bytes.substr(0, n);
      bytes.remove_prefix(n);
    }
    const std::string_view head = partial_.empty() ? bytes : std::string_view(partial_);
    if (head.size() < kPrefix) {
      if (partial_.empty()) partial_ = bytes;
      return {};
    }
    const std::size_t length = read_prefix(head);
    if (length > framing_.max_message) {
      ++count_;
      if (Result<void> refused = refuse(too_long_a_length(length)); !refused) return refused;
      if (partial_.empty()) bytes.remove_prefix(kPrefix);
      partial_.clear();
      discard_ = length;
      continue;
    }
    const std::size_t missing = kPrefix + length - partial_.size();
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
    append_message(unit.substr(kPrefix), out);
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

Result<void> FrameDecoder::take(std::string_view unit, Batch& out) {
  if (std::exchange(skipping_, false)) return {};
  ++count_;
  if (framing_.kind == FramingKind::json) return take_envelope(unit, out);
  if (framing_.kind == FramingKind::lines && unit.ends_with('\r')) unit.remove_suffix(1);
  return take_payload(unit, out);
}

Result<void> FrameDecoder::take_payload(std::string_view payload, Batch& out) {
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
  const bool lines = framing_.kind == FramingKind::lines || framing_.kind == FramingKind::json;
  std::string text = lines ? "line " : "message ";
  text += std::to_string(count_);
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

FrameEncoder::FrameEncoder(Framing framing, std::optional<Transport> proto)
    : framing_(std::move(framing)), proto_(proto ? name_of(*proto) : std::string_view()) {
  framing_.delimiter = has_delimiter(framing_.kind) ? delimiter_of(framing_) : std::string();
  if (has_backslashes(framing_)) escapes_.emplace(framing_.delimiter);
  std::optional<char> watched;
  if (framing_.delimiter.size() == 1 && framing_.escape != Escape::none)
    watched = framing_.delimiter[0];
  if (framing_.format != nullptr && framing_.kind != FramingKind::json)
    format_.emplace(framing_.format, proto_, escapes_ ? &*escapes_ : nullptr, watched,
                    framing_.visible);
}

FrameFate FrameEncoder::append(std::string& out, const Message& message) {
  if (framing_.kind == FramingKind::json) {
    append_envelope(out, message);
    out += '\n';
    return FrameFate::whole;
  }
  if (message.gap) return FrameFate::whole;
  const std::size_t begin = out.size();
  if (framing_.kind == FramingKind::length_prefix) out.append(kPrefix, '\0');
  append_body(out, message);
  return end_message(out, begin, message);
}

// JSON's own escapes leave DEL and the C1 controls as they are.
void FrameEncoder::append_envelope(std::string& out, const Message& message) const {
  if (!framing_.visible) return envelope::append(out, message, proto_);
  std::string json;
  envelope::append(json, message, proto_);
  for (std::size_t i = 0; i < json.size(); ++i) {
    const bool c1 =
        json[i] == '\xC2' && i + 1 < json.size() && static_cast<unsigned char>(json[i + 1]) < 0xA0;
    if (!c1 && json[i] != '\x7F') {
      out += json[i];
      continue;
    }
    constexpr std::string_view kHex = "0123456789abcdef";
    if (c1) ++i;
    out += "\\u00";
    out += kHex[static_cast<unsigned char>(json[i]) >> 4];
    out += kHex[static_cast<unsigned char>(json[i]) & 15];
  }
}

void FrameEncoder::append_body(std::string& out, const Message& message) {
  if (format_)
    format_->append(out, message);
  else if (escapes_)
    escapes_->append(out, message.payload);
  else if (framing_.visible)
    append_visible(out, message.payload);
  else
    out += message.payload;
}

FrameFate FrameEncoder::end_message(std::string& out, std::size_t begin, const Message& message) {
  if (framing_.kind == FramingKind::raw) return FrameFate::whole;
  if (framing_.kind == FramingKind::length_prefix) {
    const std::size_t size = out.size() - begin - kPrefix;
    if (size > 0xFFFFFFFFu) {
      out.resize(begin);
      return FrameFate::refused;
    }
    for (std::size_t i = 0; i < kPrefix; ++i)
      out[begin + i] = static_cast<char>(size >> (8 * (kPrefix - 1 - i)) & 0xFF);
    return FrameFate::whole;
  }
  out += framing_.delimiter;
  // A payload that was escaped has no delimiter in it, whatever it is.
  if (framing_.escape == Escape::none || (escapes_ && !format_)) return FrameFate::whole;
  const bool holds =
      format_ ? fields_hold_delimiter(out, begin) : ends_early(message.payload, out, begin);
  if (!holds) return FrameFate::whole;
  if (framing_.escape == Escape::warn) return FrameFate::split;
  out.resize(begin);
  return FrameFate::refused;
}

// The delimiter is found before the one at the end. Looking where the payload comes from is faster
// than where it has just been written.
bool FrameEncoder::ends_early(std::string_view payload, std::string_view written,
                              std::size_t begin) const {
  const std::string& delimiter = framing_.delimiter;
  if (delimiter.size() == 1) return payload.find(delimiter[0]) != std::string_view::npos;
  return written.find(delimiter, begin) + delimiter.size() < written.size();
}

// A delimiter that has a byte of a field in it is not the template's own.
bool FrameEncoder::fields_hold_delimiter(std::string_view written, std::size_t begin) const {
  const std::string& delimiter = framing_.delimiter;
  if (delimiter.size() == 1) return format_->noticed();
  const std::size_t reach = delimiter.size() - 1;
  for (const FormatWriter::Field& field : format_->fields()) {
    const std::size_t from = field.begin - std::min(reach, field.begin - begin);
    const std::string_view around = written.substr(from, field.end + reach - from);
    if (around.find(delimiter) != std::string_view::npos) return true;
  }
  return false;
}

}  // namespace rt
