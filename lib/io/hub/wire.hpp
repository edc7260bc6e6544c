#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.hpp"
#include "engine/hub.hpp"

namespace rt {

// The encodings that an entry carries: the meaning of its slots.
enum class Wire : std::uint8_t {
  sse,           // an event, or an rt.envelope event
  sse_envelope,  // always an rt.envelope event
  ws_plain,      // frames of the payload alone
  ws_v1,         // a text frame with the envelope
  // The same, compressed where that makes them shorter
  ws_plain_deflated,
  ws_v1_deflated,
};

inline Wire uncompressed(Wire wire) {
  if (wire == Wire::ws_plain_deflated) return Wire::ws_plain;
  return wire == Wire::ws_v1_deflated ? Wire::ws_v1 : wire;
}
inline Wire compressed(Wire wire) {
  if (wire == Wire::ws_plain) return Wire::ws_plain_deflated;
  return wire == Wire::ws_v1 ? Wire::ws_v1_deflated : wire;
}

// A stream may be cut anywhere, frames may not.
inline bool is_stream(Wire wire) {
  return wire == Wire::sse || wire == Wire::sse_envelope;
}

// The entry's bytes for that wire, made at first use and kept with the entry. For what grows much
// it is the message's payload instead, and the bytes are made in pieces, each time (WirePieces).
const SharedBytes& wire_bytes(Hub& hub, const Channel& channel, Entry& entry, Wire wire);

// True when that is so.
inline bool is_for_pieces(const Entry& entry, const SharedBytes& bytes) {
  return bytes.get() == &entry.message->payload;
}

// What to hold while the entry's envelope is made in pieces (v1::MessagePieces); null when it does
// not grow much.
const SharedBytes* payload_for_pieces(Hub& hub, const Channel& channel, Entry& entry);

// A message's bytes for that wire, under the id that the log gave it.
std::string encode(const Message& message, const MessageId& id, std::string_view channel,
                   Wire wire);

// Appends the message's envelope without a newline.
void append_envelope(std::string& out, const Message& message, const MessageId& id,
                     std::string_view channel);

// The gap as that wire says it; empty for ws_plain, which cannot.
std::string gap_bytes(Wire wire, std::string_view from, std::optional<std::uint64_t> missed);

}  // namespace rt
