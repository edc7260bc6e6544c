#pragma once

#include <cstddef>
#include <string_view>

#include "base/result.hpp"
#include "codec/mqtt_packet.hpp"

// What a server may send (MQTT 5, chapters 2 and 3). Pure.
namespace rt::mqtt {

// Whether a packet from a broker is well-formed: its lengths, its identifiers and, of MQTT 5, its
// properties: known, allowed in this packet, in bounds, not twice, of valid values, strings of
// valid UTF-8. Errors: protocol. Not looked at: the topic's characters and reason codes. A CONNACK
// that refuses may leave its properties out: brokers of MQTT 3.1.1 do not know them.
Result<void> check_from_broker(const Packet& packet, bool v5);

// The properties of such a packet, without their length. The same errors.
Result<void> check_properties(PacketType type, std::string_view properties);

}  // namespace rt::mqtt
