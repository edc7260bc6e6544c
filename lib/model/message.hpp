#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.hpp"

namespace rt {

enum class PayloadKind : std::uint8_t { text, binary };

// What is known to be missing before the message after it.
struct Gap {
  std::string from;                     // the last id that the reader had; may be empty
  std::optional<std::uint64_t> missed;  // absent when it cannot be known
  std::string why = {};                 // for people, and not sent on; may be empty
};

// What MQTT 5 says of a message beside (section 3.3.2.3): for those who answer it, and how long it
// is worth something.
struct MqttFacts {
  std::string response_topic;           // empty: no answer is wanted
  std::string correlation;              // bytes that an answer is to bear; may be empty
  std::optional<std::uint32_t> expiry;  // seconds, from Message::time on; absent: for ever
  // What came, where that was to be kept: the packet's identifier (0: QoS 0), and its properties,
  // encoded.
  std::uint16_t packet = 0;
  std::string properties = {};
};

// One message as it passes through all transports. Immutable once shared.
struct Message {
  std::string payload;
  PayloadKind kind = PayloadKind::text;  // text: valid UTF-8, or not known to be otherwise
  bool guessed = false;                  // the kind, from the payload alone: nobody has said it
  bool retain = false;    // an MQTT broker keeps it for those who come later, or is to
  bool retained = false;  // it is not new: a broker had kept it from before the subscription
  std::uint8_t qos = 0;
  WallTime time{};               // of its publication, or of its receipt here; 0: not known
  WallTime received{};           // of its receipt here, where `time` is another's; 0: that is
  std::string content_type;      // a media type, or empty
  std::string channel;           // "/sensors/temp", percent-encoded; empty: not known
  std::string id;                // the id that the transport gave it; may be empty
  std::string event;             // the SSE event name; empty: "message"
  std::string origin_id;         // the first id that the message bore; may be empty
  std::vector<std::string> via;  // ids of relays that it passed
  std::vector<std::pair<std::string, std::string>> properties;  // user properties, in order
  std::shared_ptr<const MqttFacts> mqtt;                        // null: it says nothing
  // Set: this is no message but a report of lost ones; the payload is empty.
  std::shared_ptr<const Gap> gap;
  // JSON: the parts of the payload that were asked for. Null: none were.
  std::shared_ptr<const std::string> selected;
};

// What a message may bring of user properties and of relays that it passed, together: each costs
// many times its bytes wherever a message is taken apart, so a small message could cost much. An
// HTTP head has no more room either, and the brokers' own limits are near.
inline constexpr std::size_t kMostProperties = 1000;
inline constexpr std::size_t kMostPropertyBytes = 64u << 10;  // of names and values

// What is wrong with a message's properties, in words that follow "the message ": "has more than
// 1000 properties"; empty when nothing is. To be asked wherever messages of strangers come in.
std::string_view fault_of_properties(const Message& message);

// It has come here: its time is kept where it says one.
inline void stamp_receipt(Message& message, WallTime now) {
  (message.time == WallTime{} ? message.time : message.received) = now;
}

using MessagePtr = std::shared_ptr<const Message>;
using Batch = std::vector<MessagePtr>;
// A stretch of messages that somebody else owns.
using Messages = std::span<const MessagePtr>;

// A number of messages and the bytes of their payloads.
struct Amount {
  std::uint64_t messages = 0;
  std::uint64_t bytes = 0;

  Amount& operator+=(const Amount& other) {
    messages += other.messages;
    bytes += other.bytes;
    return *this;
  }
  friend Amount operator+(Amount a, const Amount& b) { return a += b; }
};
// Reports of gaps are no messages.
Amount amount_of(Messages messages);

// The four transports' names, as "proto" of the envelope says them.
enum class Transport : std::uint8_t { poll, sse, ws, mqtt };
std::string_view name_of(Transport transport);

}  // namespace rt
