#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "codec/envelope.hpp"
#include "codec/sse.hpp"
#include "model/message.hpp"

// What a hub and its clients say to each other beside payloads (rtwire(7), "The HTTP contract"),
// written and read. In text frames under the subprotocol, and in event streams, messages and gaps
// are envelopes: envelope::append and envelope::Reader.
namespace rt::v1 {

// The subprotocol of a WebSocket, and the profile of an event stream, in which every message is an
// envelope.
inline constexpr std::string_view kName = "rt.v1";
inline constexpr std::string_view kEventStreamOfEnvelopes = "text/event-stream;profile=\"rt.v1\"";

// The `Server` of a WebSocket's handshake, by which a client knows a hub.
inline constexpr std::string_view kServerName = "rtwire";

// How a plain WebSocket is told of a gap: it is closed so.
inline constexpr std::uint16_t kGapCloseCode = 4008;
inline constexpr std::string_view kGapCloseReason = "messages were lost: read on with ?since=";
// True for that close of a hub, and not for another server's use of the code.
bool closed_for_gap(std::uint16_t code, std::string_view reason);

// "The first `count` messages of this connection are taken, and the last of them is `id`."
struct Ack {
  std::string_view id;  // as it is written: ids need no escapes
  std::uint64_t count = 0;

  bool operator==(const Ack&) const = default;
};
// Appends `{"v":1,"ack":"ID","count":N}`.
void append(std::string& out, const Ack& ack);
// Nothing for any other text, which may be an envelope. Further members are passed over. The id
// lies in `text`.
std::optional<Ack> read_ack(std::string_view text);

// Appends `{"v":1,"gap":{"from":"ID","missed":N}}`: `from` is the last id that the reader had,
// `missed` is left out when it cannot be known.
void append_gap(std::string& out, std::string_view from, std::optional<std::uint64_t> missed);

// --- in an event stream

// Appends the gap as an event.
void append_gap_event(std::string& out, std::string_view from, std::optional<std::uint64_t> missed);
// True when a plain event says of the payload, its kind and its event name all that an envelope
// would.
bool fits_plain_event(const Message& message);
// Appends the message as a plain event: it must fit.
void append_plain_event(std::string& out, const Message& message, std::string_view id);
// Appends it as an event that carries its envelope.
void append_envelope_event(std::string& out, const Message& message, std::string_view id,
                           std::string_view channel);
// What of that stands before the envelope; an empty line ends it.
void begin_envelope_event(std::string& out, std::string_view id);
// Reads the message, or the gap, that an event of a hub stands for, into one that is as
// default-constructed. The id of a message is the event's. Errors: protocol.
Result<void> read_event(envelope::Reader& reader, sse::Event event, Message& message);

}  // namespace rt::v1
