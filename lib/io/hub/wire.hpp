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
};

// A stream may be cut anywhere, frames may not.
inline bool is_stream(Wire wire) {
  return wire == Wire::sse || wire == Wire::sse_envelope;
}

// The entry's bytes for that wire, made at first use and kept with the entry.
const SharedBytes& wire_bytes(Hub& hub, const Channel& channel, Entry& entry, Wire wire);

// Appends the entry's envelope without a newline.
void append_envelope(std::string& out, const Hub& hub, const Channel& channel, const Entry& entry);

// `{"v":1,"gap":{"from":"ID","missed":N}}`: from is the last id that the reader had, missed is left
// out when it cannot be known.
std::string gap_json(std::string_view from, std::optional<std::uint64_t> missed);
// The gap as that wire says it; empty for ws_plain, which cannot.
std::string gap_bytes(Wire wire, std::string_view from, std::optional<std::uint64_t> missed);

// The `Server` of a WebSocket's handshake, by which a client knows a hub.
inline constexpr std::string_view kHubServerName = "rtwire";

// How a plain WebSocket is told of a gap: it is closed so.
inline constexpr std::uint16_t kGapCloseCode = 4008;
inline constexpr std::string_view kGapCloseReason = "messages were lost: read on with ?since=";

// How many bytes at the start of `bytes`, which are whole frames, go to a socket at a time: at
// least one frame, and together no more than `most` where frames allow.
std::size_t whole_frames(std::string_view bytes, std::size_t most);

// What a payload is served as when nobody named its type.
std::string_view content_type_of(const Message& message);
// What a body published with this Content-Type is: type (empty for untyped, which includes what
// forms and curl -d send) and kind.
void set_content_type(Message& message, std::string_view declared);

}  // namespace rt
