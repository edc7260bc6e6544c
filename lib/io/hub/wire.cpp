#include "io/hub/wire.hpp"

#include "codec/envelope.hpp"
#include "codec/rt_v1.hpp"
#include "codec/ws_deflate.hpp"
#include "codec/ws_frame.hpp"
#include "codec/ws_session.hpp"
#include "io/hub/wire_pieces.hpp"

namespace rt {
namespace {

// Everybody else waits while a message is compressed.
constexpr std::size_t kMostDeflated = 1u << 20;
constexpr std::size_t kSlack = 4096;

bool deflate(std::string& out, PayloadKind kind, std::string_view payload) {
  static ws::DeflateContexts contexts;
  return payload.size() <= kMostDeflated && ws::append_shared_message(out, kind, payload, contexts);
}

// Text grows little, or is made in pieces; bytes become four for three.
std::size_t likely_envelope(const Message& message) {
  const std::size_t size = message.payload.size();
  return 256 + size + size / (message.kind == PayloadKind::text ? 16 : 3);
}

std::string written(const Message& message, const MessageId& id, std::string_view channel,
                    Wire wire) {
  std::string out;
  switch (wire) {
    case Wire::sse:
    case Wire::sse_envelope: {
      const std::string text = to_string(id);
      if (wire == Wire::sse && v1::fits_plain_event(message)) {
        out.reserve(message.payload.size() + text.size() + message.event.size() + 32);
        v1::append_plain_event(out, message, text);
      } else {
        out.reserve(likely_envelope(message));
        v1::append_envelope_event(out, message, text, channel);
      }
      return out;
    }
    case Wire::ws_plain:
    case Wire::ws_plain_deflated:
      if (wire == Wire::ws_plain_deflated && deflate(out, message.kind, message.payload))
        return out;
      // Of a longer one it knows how many frames it takes, and doubles what it finds too small.
      if (message.payload.size() <= ws::kFragment) out.reserve(message.payload.size() + 16);
      ws::append_message(out,
                         message.kind == PayloadKind::text ? ws::Opcode::text : ws::Opcode::binary,
                         message.payload);
      return out;
    case Wire::ws_v1:
    case Wire::ws_v1_deflated: {
      std::string data;
      data.reserve(likely_envelope(message));
      append_envelope(data, message, id, channel);
      if (wire == Wire::ws_v1_deflated && deflate(out, PayloadKind::text, data)) return out;
      ws::append_message(out, ws::Opcode::text, data);
      return out;
    }
  }
  return out;
}

}  // namespace

std::string encode(const Message& message, const MessageId& id, std::string_view channel,
                   Wire wire) {
  std::string out = written(message, id, channel, wire);
  // It is kept for as long as the message, and counted as it is.
  if (out.capacity() > out.size() + out.size() / 4 + kSlack) out.shrink_to_fit();
  return out;
}

const SharedBytes& wire_bytes(Hub& hub, const Channel& channel, Entry& entry, Wire wire) {
  const auto slot = static_cast<std::size_t>(wire);
  if (!entry.wire[slot])
    hub.keep_wire(
        entry, slot,
        WirePieces::wanted(*entry.message, wire)
            ? hub.counted_payload(entry.message)
            : hub.counted(encode(*entry.message, hub.id_of(entry), channel.name(), wire)));
  return entry.wire[slot];
}

// A frame of rt.v1 is an envelope, too.
const SharedBytes* payload_for_pieces(Hub& hub, const Channel& channel, Entry& entry) {
  const bool known = entry.wire[static_cast<std::size_t>(Wire::ws_v1)] != nullptr;
  if (!known && !WirePieces::wanted(*entry.message, Wire::ws_v1)) return nullptr;
  const SharedBytes& bytes = wire_bytes(hub, channel, entry, Wire::ws_v1);
  return is_for_pieces(entry, bytes) ? &bytes : nullptr;
}

void append_envelope(std::string& out, const Message& message, const MessageId& id,
                     std::string_view channel) {
  envelope::append(out, message, {}, to_string(id), channel);
}

std::string gap_bytes(Wire wire, std::string_view from, std::optional<std::uint64_t> missed) {
  std::string out;
  if (is_stream(wire)) v1::append_gap_event(out, from, missed);
  if (uncompressed(wire) == Wire::ws_v1) {
    std::string line;
    v1::append_gap(line, from, missed);
    ws::append_message(out, ws::Opcode::text, line);
  }
  return out;
}

}  // namespace rt
