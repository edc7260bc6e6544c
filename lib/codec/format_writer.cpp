#include "codec/format_writer.hpp"

#include <chrono>
#include <utility>

#include "base/text.hpp"
#include "codec/envelope.hpp"
#include "model/topic.hpp"

namespace rt {
namespace {

using Kind = FormatPart::Kind;

std::int64_t second_of(WallTime time) {
  return std::chrono::floor<std::chrono::seconds>(time.time_since_epoch()).count();
}

// The first digits of nine: of a second's fraction in nanoseconds.
void append_fraction(std::string& out, WallTime time, std::size_t digits) {
  std::int64_t micros = time.time_since_epoch().count() - second_of(time) * 1'000'000;
  char text[] = "000000000";
  for (std::size_t i = 6; i-- > 0; micros /= 10) text[i] = static_cast<char>('0' + micros % 10);
  out.append(text, digits);
}

bool is_free_text(Kind kind) {
  switch (kind) {
    case Kind::data:
    case Kind::channel:
    case Kind::id:
    case Kind::event:
    case Kind::content_type:
    case Kind::origin_id:
    case Kind::property:
    case Kind::topic:
    case Kind::response_topic:
    case Kind::correlation:
      return true;
    default:
      return false;
  }
}

void append_unix(std::string& out, WallTime time) {
  const std::int64_t micros = time.time_since_epoch().count();
  const auto size = static_cast<std::uint64_t>(micros < 0 ? -micros : micros);
  const std::string fraction = std::to_string(size % 1'000'000);
  if (micros < 0) out += '-';
  out += std::to_string(size / 1'000'000);
  out += '.';
  out.append(6 - fraction.size(), '0');
  out += fraction;
}

void append_hex(std::string& out, std::string_view bytes) {
  constexpr char kHex[] = "0123456789abcdef";
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    out += kHex[byte >> 4];
    out += kHex[byte & 15];
  }
}

}  // namespace

FormatWriter::FormatWriter(const std::shared_ptr<const MessageFormat>& format,
                           std::string_view proto, const BackslashWriter* escapes,
                           std::optional<char> watched, bool visible)
    : proto_(proto), escapes_(escapes), watched_(watched), visible_(visible) {
  for (const FormatPart& part : format->parts) pieces_.push_back({part, 0, {}});
}

void FormatWriter::append(std::string& out, const Message& message) {
  fields_.clear();
  noticed_ = false;
  for (Piece& piece : pieces_) {
    const std::size_t begin = out.size();
    append_part(out, message, piece);
    const Kind kind = piece.part.kind;
    if (kind == Kind::literal || kind == Kind::strftime || out.size() == begin) continue;
    fields_.push_back({begin, out.size()});
    // What is made here has no control characters in it.
    if (watched_ && static_cast<unsigned char>(*watched_) >= ' ' && !is_free_text(kind) &&
        out.find(*watched_, begin) != std::string::npos)
      noticed_ = true;
  }
}

void FormatWriter::append_part(std::string& out, const Message& message, Piece& piece) {
  const FormatPart& part = piece.part;
  const bool timed = message.time != WallTime{};
  switch (part.kind) {
    case Kind::literal:
      out += part.text;
      return;
    case Kind::data:
      return append_text(out, message.payload);
    case Kind::channel:
      return append_text(out, message.channel);
    case Kind::id:
      return append_text(out, message.id);
    case Kind::event:
      return append_text(out, message.event);
    case Kind::content_type:
      return append_text(out, message.content_type);
    case Kind::origin_id:
      return append_text(out, message.origin_id);
    case Kind::property: {
      bool first = true;
      for (const auto& [name, value] : message.properties) {
        if (name != part.text) continue;
        if (!std::exchange(first, false)) out += ',';
        append_text(out, value);
      }
      return;
    }
    case Kind::time:
      if (timed) append_time(out, message.time);
      return;
    case Kind::unix_time:
      if (timed) append_unix(out, message.time);
      return;
    case Kind::strftime:
      if (timed) append_local(out, message.time, piece);
      return;
    case Kind::fraction:
      if (timed) append_fraction(out, message.time, part.digits);
      return;
    case Kind::length:
      out += std::to_string(message.payload.size());
      return;
    case Kind::hex:
      return append_hex(out, message.payload);
    case Kind::base64:
      out += base64_encode(message.payload);
      return;
    case Kind::json: {
      if (!visible_) return envelope::append(out, message, proto_);
      std::string json;
      envelope::append(json, message, proto_);
      return append_visible(out, json);
    }
    case Kind::qos:
      out += std::to_string(message.qos);
      return;
    case Kind::retain:
      out += message.retain ? '1' : '0';
      return;
    case Kind::retained:
      out += message.retained ? '1' : '0';
      return;
    case Kind::proto:
      out += proto_;
      return;
    case Kind::topic:
      return append_text(out, topic_of(message.channel));
    case Kind::response_topic:
      if (message.mqtt) append_text(out, message.mqtt->response_topic);
      return;
    case Kind::correlation:
      if (message.mqtt) append_text(out, message.mqtt->correlation);
      return;
    case Kind::expiry:
      if (message.mqtt && message.mqtt->expiry) out += std::to_string(*message.mqtt->expiry);
      return;
  }
}

// To look at text before it is copied is faster than to look at the copy.
void FormatWriter::append_text(std::string& out, std::string_view text) {
  if (escapes_ != nullptr) return escapes_->append(out, text);
  if (watched_ && text.find(*watched_) != std::string_view::npos) noticed_ = true;
  if (visible_) return append_visible(out, text);
  out += text;
}

void FormatWriter::append_local(std::string& out, WallTime time, Piece& piece) {
  const std::int64_t second = second_of(time);
  if (piece.time.empty() || piece.second != second) {
    piece.second = second;
    piece.time = local_time(time, piece.part.text);
  }
  out += piece.time;
}

}  // namespace rt
