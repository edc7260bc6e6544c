#pragma once

#include <string_view>

#include "codec/mqtt_packet.hpp"

namespace rt::mqtt {

// What a broker of MQTT 5 says beside a reason code; empty where it says nothing. Views into the
// packet, as they came.
struct Words {
  std::string_view reason;  // string
  std::string_view server;  // reference: where clients are wanted
};

// Of CONNACK, DISCONNECT, PUBACK, PUBREC, PUBCOMP and SUBACK, of which nothing need have been
// checked.
Words words_of(const Packet& packet);

}  // namespace rt::mqtt
