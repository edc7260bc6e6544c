#pragma once

#include <string>
#include <string_view>

#include "codec/mqtt_packet.hpp"

// MQTT control packets in words, for logs. Pure.
namespace rt::mqtt {

// "CONNECT v5 client-id=x keepalive=60 clean-start", `PUBLISH lab/x qos 1 id 3 retain 0 12 bytes
// "..."`, "CONNACK 0 success session-present=0". Printable whatever the packet holds. User names,
// passwords, a will's payload, authentication data and user properties that are named like a secret
// are "***". What is malformed is said to be. The version of a CONNECT is the one that it names.
std::string describe(const Packet& packet, bool v5);

// The bytes of the packet with each byte of these secrets as '*'.
std::string without_secrets(const Packet& packet, bool v5);

// A reason code of MQTT 5 in the words of the standard (section 2.4): "not authorized". What is
// not known: "unknown reason".
std::string_view reason_name(std::uint8_t code);

}  // namespace rt::mqtt
