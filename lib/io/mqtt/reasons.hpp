#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.hpp"

namespace rt {

// A reason code of MQTT 5 for people: "session taken over".
std::string mqtt_reason_text(int reason);

// Why a broker refuses a connection: the code of CONNACK, of MQTT 3.1.1 (1 to 5) or 5.
Error connection_refusal(std::uint8_t code);
// Of `bytes`, with which what is no broker answers. `secure_url`: the same place over TLS.
Error no_broker(std::string_view bytes, std::string_view secure_url);
// That code means: not this version of the protocol.
bool refuses_version(std::uint8_t code);

// The code of a broker's DISCONNECT: an error if another connection would end the same way.
std::optional<Error> final_disconnect(std::uint8_t code);

// The code of SUBACK, 0x80 or more.
Error subscription_refusal(int code, const std::string& filter);
// The code of PUBACK or PUBREC, 0x80 or more, which `count` publications got.
Error publication_refusal(int code, std::size_t count);
// A QoS that CONNACK has ruled out.
Error qos_not_offered();

}  // namespace rt
