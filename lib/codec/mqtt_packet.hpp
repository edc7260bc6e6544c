#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"

// MQTT control packets in a byte stream (MQTT 3.1.1 and 5, chapter 2). Pure: bytes in, packets out.
namespace rt::mqtt {

enum class PacketType : std::uint8_t {
  connect = 1,
  connack,
  publish,
  puback,
  pubrec,
  pubrel,
  pubcomp,
  subscribe,
  suback,
  unsubscribe,
  unsuback,
  pingreq,
  pingresp,
  disconnect,
  auth,
};

struct Packet {
  PacketType type = PacketType::pingreq;
  std::uint8_t flags = 0;
  std::string_view bytes;  // the whole packet
  std::string_view body;   // without the fixed header
  // Of a PUBLISH that is too large: so many bytes of its end are not there, but its topic and
  // identifier are.
  std::size_t omitted = 0;

  // Of a PUBLISH.
  std::uint8_t qos() const { return (flags >> 1) & 3; }
};

// Of a packet that bears one: PUBACK to UNSUBACK, and a PUBLISH with a QoS. nullopt when there is
// none, or when the packet is cut short.
std::optional<std::uint16_t> packet_id(const Packet& packet);
// The reason code of CONNACK, DISCONNECT, PUBACK, PUBREC, PUBREL and PUBCOMP; 0 when it was left
// out.
std::uint8_t reason_code(const Packet& packet);

// PUBACK, PUBREC, PUBREL or PUBCOMP without a reason.
inline constexpr std::size_t kAcknowledgementBytes = 4;
void append_acknowledgement(std::string& out, PacketType type, std::uint16_t id);

inline constexpr std::string_view kPingRequest("\xC0\0", 2);
inline constexpr std::string_view kDisconnect("\xE0\0", 2);
// With a session expiry interval of 0 (MQTT 5, section 3.14.2.2.2).
inline constexpr std::string_view kDisconnectForGood("\xE0\7\0\5\x11\0\0\0\0", 9);

// Cuts a stream into packets. Packets that lie whole in what was received are views into it; only
// one that was cut is put together in memory of the splitter.
class PacketSplitter {
 public:
  // Of a PUBLISH of more than `max_packet` bytes only the beginning is kept, and it is given when
  // the rest has passed; another packet of that size is an error.
  explicit PacketSplitter(std::size_t max_packet) : max_packet_(max_packet) {}

  // The bytes stay where they are until next() has given nullopt.
  void receive(std::string_view bytes) { rest_ = bytes; }
  // The next packet, valid until the next call; nullopt when more bytes are needed, or after an
  // error.
  std::optional<Packet> next();
  // An error (protocol) for what cannot be a packet: a reserved type, a remaining length of more
  // than four bytes, or a packet that is too large.
  const Result<void>& status() const { return status_; }

 private:
  struct Head {
    std::size_t size = 0;   // of the fixed header; 0: not known yet
    std::size_t total = 0;  // of the packet
  };
  std::optional<Head> read_head(std::string_view bytes);
  std::optional<Packet> complete_cut_packet();
  std::size_t beginning_of(const Head& head) const;
  std::optional<Packet> pass_over();

  std::size_t max_packet_;
  std::string_view rest_;
  std::string cut_;  // the beginning of a packet whose end has not come
  bool cut_given_ = false;
  Head large_;               // the packet of which only the beginning is kept, if there is one
  std::size_t to_pass_ = 0;  // of its end
  Result<void> status_;
};

}  // namespace rt::mqtt
