#include "codec/message_pieces.hpp"

#include <algorithm>
#include <utility>

#include "base/text.hpp"
#include "codec/json_string.hpp"
#include "codec/rt_v1.hpp"

namespace rt::v1 {
namespace {

constexpr std::size_t kMuch = 1u << 20;
constexpr std::size_t kMostTimes = 7;
// Fits counters of one byte, so that the compiler can count many bytes at a time.
constexpr std::size_t kBlock = 240;

// "\n" is "\ndata: ".
std::size_t growth_in_event(std::string_view block) {
  std::uint8_t line_ends = 0;
  for (const char c : block) line_ends = static_cast<std::uint8_t>(line_ends + (c == '\n'));
  return std::size_t{6} * line_ends;
}

// Quotes, backslashes and some controls have a short escape, other controls have one of six.
std::size_t growth_in_json(std::string_view block) {
  std::uint8_t quotes = 0;
  std::uint8_t controls = 0;
  std::uint8_t shorts = 0;
  for (const char c : block) {
    const auto byte = static_cast<std::uint8_t>(c);
    quotes = static_cast<std::uint8_t>(quotes + ((byte == '"') | (byte == '\\')));
    controls = static_cast<std::uint8_t>(controls + (byte < 0x20));
    shorts = static_cast<std::uint8_t>(
        shorts + (((byte >= '\b') & (byte <= '\n')) | (byte == '\f') | (byte == '\r')));
  }
  return std::size_t{quotes} + shorts +
         std::size_t{5} * static_cast<std::size_t>(controls - shorts);
}

std::string without_payload(const Message& message, Saying saying, std::string_view id,
                            std::string_view channel) {
  std::string out;
  if (saying == Saying::plain_event) {
    sse::append_event(out, id, message.event, {});
    return out.substr(0, out.size() - 2);
  }
  if (saying == Saying::envelope_event) begin_envelope_event(out, id);
  envelope::append_before_payload(out, message, {}, id, channel);
  if (message.kind == PayloadKind::binary) out += R"(,"binary":true)";
  out += R"(,"data":")";
  return out;
}

}  // namespace

bool grows_much(const Message& message, Saying saying) {
  const std::string_view payload = message.payload;
  if (payload.size() * kMostTimes <= kMuch) return false;
  const std::size_t most = std::max(kMuch, 2 * payload.size());
  std::size_t length = payload.size();
  for (std::size_t at = 0; at < payload.size() && length <= most; at += kBlock) {
    const std::string_view block = payload.substr(at, kBlock);
    length += saying == Saying::plain_event ? growth_in_event(block) : growth_in_json(block);
  }
  return length > most && valid_utf8(payload);
}

MessagePieces::MessagePieces(MessagePtr message, Saying saying, std::string_view id,
                             std::string_view channel)
    : message_(std::move(message)),
      before_(without_payload(*message_, saying, id, channel)),
      saying_(saying) {}

bool MessagePieces::next(std::string& out, std::size_t most) {
  if (!before_.empty()) out += std::exchange(before_, {});
  std::string_view piece = std::string_view(message_->payload).substr(offset_, most);
  offset_ += piece.size();
  if (saying_ != Saying::plain_event) {
    append_json_escaped(out, piece);
  } else {
    for (std::size_t end = 0; (end = piece.find('\n')) != std::string_view::npos;) {
      out += piece.substr(0, end);
      out += "\ndata: ";
      piece.remove_prefix(end + 1);
    }
    out += piece;
  }
  if (offset_ < message_->payload.size()) return true;
  out += saying_ == Saying::plain_event ? "\n\n" : saying_ == Saying::envelope ? "\"}" : "\"}\n\n";
  return false;
}

}  // namespace rt::v1
