#include <algorithm>
#include <cstdint>
#include <utility>

#include "base/growing.hpp"
#include "base/text.hpp"
#include "codec/framing.hpp"
#include "codec/framing_kinds.hpp"

namespace rt {
namespace {

constexpr std::size_t kLong = 16u << 10;

}  // namespace

FrameEncoder::FrameEncoder(Framing framing, std::optional<Transport> proto)
    : framing_(std::move(framing)), proto_(proto ? name_of(*proto) : std::string_view()) {
  // A value may be of several lines.
  if (framing_.kind == FramingKind::json_values) {
    framing_.kind = FramingKind::lines;
    framing_.escape = Escape::none;
  }
  if (framing_.mosquitto) mosquitto_.emplace(*framing_.mosquitto);
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
  if (mosquitto_) {
    mosquitto_->append(out, message);
    return FrameFate::whole;
  }
  if (framing_.kind == FramingKind::json) {
    append_envelope(out, message);
    out += '\n';
    return FrameFate::whole;
  }
  if (message.gap) return FrameFate::whole;
  if (is_digits(framing_.kind)) {
    const bool hex = framing_.kind == FramingKind::hex;
    out += hex ? hex_encode(message.payload) : base64_encode(message.payload);
    out += '\n';
    return FrameFate::whole;
  }
  const std::size_t begin = out.size();
  if (message.payload.size() >= kLong) {
    // With room for the delimiter, which would have all of it copied to twice the room.
    const std::size_t needed =
        begin + kLengthPrefix + message.payload.size() + framing_.delimiter.size();
    grow_exactly(out, grown_capacity(out, needed, SIZE_MAX));
  }
  if (framing_.kind == FramingKind::length_prefix) out.append(kLengthPrefix, '\0');
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
    const std::size_t size = out.size() - begin - kLengthPrefix;
    if (size > 0xFFFFFFFFu) {
      out.resize(begin);
      return FrameFate::refused;
    }
    for (std::size_t i = 0; i < kLengthPrefix; ++i)
      out[begin + i] = static_cast<char>(size >> (8 * (kLengthPrefix - 1 - i)) & 0xFF);
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
