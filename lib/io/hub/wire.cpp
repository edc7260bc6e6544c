#include "io/hub/wire.hpp"

#include "base/text.hpp"
#include "codec/envelope.hpp"
#include "codec/sse.hpp"
#include "codec/ws_frame.hpp"

namespace rt {
namespace {

// A plain event would lose what only the envelope can say: bytes, and names that the hub (rt.*) or
// EventSource (open, error) uses itself, or that would become such a one without their line ends.
bool fits_plain_event(const Message& message) {
  return message.kind == PayloadKind::text && sse::can_carry(message.payload) &&
         sse::can_carry(message.event) && message.event.find('\n') == std::string::npos &&
         !message.event.starts_with("rt.") && message.event != "open" && message.event != "error";
}

std::string encode(const Hub& hub, const Channel& channel, const Entry& entry, Wire wire) {
  const Message& message = *entry.message;
  std::string out;
  switch (wire) {
    case Wire::sse:
    case Wire::sse_envelope: {
      const std::string id = to_string(hub.id_of(entry));
      if (wire == Wire::sse && fits_plain_event(message)) {
        out.reserve(message.payload.size() + id.size() + message.event.size() + 32);
        sse::append_event(out, id, message.event, message.payload);
      } else {
        std::string data;
        append_envelope(data, hub, channel, entry);
        sse::append_event(out, id, "rt.envelope", data);
      }
      return out;
    }
    case Wire::ws_plain:
      out.reserve(message.payload.size() + 16);
      ws::append_message(out,
                         message.kind == PayloadKind::text ? ws::Opcode::text : ws::Opcode::binary,
                         message.payload);
      return out;
    case Wire::ws_v1: {
      std::string data;
      append_envelope(data, hub, channel, entry);
      ws::append_message(out, ws::Opcode::text, data);
      return out;
    }
  }
  return out;
}

std::string gap_object(std::string_view from, std::optional<std::uint64_t> missed) {
  std::string out = "{\"from\":";
  envelope::append_json_string(out, from);
  if (missed) out += ",\"missed\":" + std::to_string(*missed);
  return out + "}";
}

}  // namespace

const SharedBytes& wire_bytes(Hub& hub, const Channel& channel, Entry& entry, Wire wire) {
  const auto slot = static_cast<std::size_t>(wire);
  if (!entry.wire[slot]) hub.keep_wire(entry, slot, share(encode(hub, channel, entry, wire)));
  return entry.wire[slot];
}

void append_envelope(std::string& out, const Hub& hub, const Channel& channel, const Entry& entry) {
  envelope::append(out, *entry.message, {}, to_string(hub.id_of(entry)), channel.name());
}

std::string gap_json(std::string_view from, std::optional<std::uint64_t> missed) {
  return "{\"v\":1,\"gap\":" + gap_object(from, missed) + "}";
}

std::string gap_bytes(Wire wire, std::string_view from, std::optional<std::uint64_t> missed) {
  std::string out;
  if (is_stream(wire))
    sse::append_event(out, {}, "rt.gap", "{\"gap\":" + gap_object(from, missed) + "}");
  if (wire == Wire::ws_v1) ws::append_message(out, ws::Opcode::text, gap_json(from, missed));
  return out;
}

std::size_t whole_frames(std::string_view bytes, std::size_t most) {
  if (bytes.size() <= most) return bytes.size();
  std::size_t taken = 0;
  while (taken < bytes.size()) {
    const std::size_t frame = ws::frame_length(bytes.substr(taken));
    if (frame == 0 || (taken > 0 && taken + frame > most)) break;
    taken += frame;
  }
  return taken == 0 ? bytes.size() : taken;
}

std::string_view content_type_of(const Message& message) {
  if (!message.content_type.empty()) return message.content_type;
  return message.kind == PayloadKind::text ? "text/plain; charset=utf-8"
                                           : "application/octet-stream";
}

void set_content_type(Message& message, std::string_view declared) {
  const std::string type = ascii_lower(trim(declared.substr(0, declared.find(';'))));
  const bool untyped = type.empty() || type == "application/x-www-form-urlencoded";
  message.content_type = untyped ? std::string() : std::string(declared);
  const bool binary_type = type == "application/octet-stream" || type.starts_with("image/") ||
                           type.starts_with("audio/") || type.starts_with("video/");
  message.kind =
      binary_type || !valid_utf8(message.payload) ? PayloadKind::binary : PayloadKind::text;
}

}  // namespace rt
