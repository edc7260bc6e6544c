#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "codec/mqtt_words.hpp"

namespace rt {

// A reason code of MQTT 5 for people: "session taken over".
std::string mqtt_reason_text(int reason);

// Why a broker refuses a connection: the code of CONNACK, of MQTT 3.1.1 (1 to 5) or 5, and what it
// says besides.
Error connection_refusal(std::uint8_t code, const mqtt::Words& words = {});
// Of `bytes`, with which what is no broker answers. `secure_url`: the same place over TLS.
Error no_broker(std::string_view bytes, std::string_view secure_url);
// That code means: not this version of the protocol.
bool refuses_version(std::uint8_t code);

// The code of a broker's DISCONNECT: an error if another connection would end the same way.
std::optional<Error> final_disconnect(std::uint8_t code, const mqtt::Words& words = {});
// The code of CONNACK or DISCONNECT says that clients are wanted elsewhere.
bool sends_elsewhere(std::uint8_t code);
// What the broker says, behind a sentence of ours: ": "quota of the day"", or nothing.
std::string quoted(std::string_view reason);

// The code of SUBACK, 0x80 or more.
Error subscription_refusal(int code, const std::string& filter, std::string_view reason = {});
// In place of a code, where a broker hangs up at a publication.
inline constexpr int kHangsUp = 0x195;
// The code of PUBACK or PUBREC, 0x80 or more, which `count` publications got, the last one to
// `topic`.
Error publication_refusal(int code, std::size_t count, const std::string& topic = {},
                          std::string_view reason = {});
// A QoS that CONNACK has ruled out.
Error qos_not_offered();

}  // namespace rt
