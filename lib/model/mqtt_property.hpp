#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

// The properties of MQTT 5's packets (section 2.2.2), as somebody names and wants them.
namespace rt {

enum class MqttPropertyForm : std::uint8_t { byte, two, four, variable, text, pair, binary };

// One of them with its value.
struct MqttProperty {
  std::uint8_t identifier = 0;
  std::uint32_t number = 0;  // of a number's form
  std::string text = {};     // of text and binary; of a pair its name
  std::string value = {};    // of a pair

  bool operator==(const MqttProperty&) const = default;
};
using MqttProperties = std::vector<MqttProperty>;

// What one may stand in.
enum class MqttCommand : std::uint8_t {
  connect,
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
  disconnect,
  auth,
  will,
};

struct MqttPropertyKind {
  std::uint8_t identifier;
  std::string_view name;  // "message-expiry-interval"
  MqttPropertyForm form;
  unsigned commands;  // bits of MqttCommand, as bit_of() gives them
};
constexpr unsigned bit_of(MqttCommand command) {
  return 1u << static_cast<unsigned>(command);
}

std::span<const MqttPropertyKind> mqtt_property_kinds();
// Null when there is none.
const MqttPropertyKind* mqtt_property_kind(std::string_view name);
const MqttPropertyKind* mqtt_property_kind(std::uint8_t identifier);
// "publish": true, and `command` is set, when there is such a packet.
bool read_mqtt_command(std::string_view name, MqttCommand& command);

namespace mqtt_property {
inline constexpr std::uint8_t kPayloadFormat = 0x01;
inline constexpr std::uint8_t kMessageExpiry = 0x02;
inline constexpr std::uint8_t kContentType = 0x03;
inline constexpr std::uint8_t kResponseTopic = 0x08;
inline constexpr std::uint8_t kCorrelationData = 0x09;
inline constexpr std::uint8_t kSubscriptionIdentifier = 0x0B;
inline constexpr std::uint8_t kSessionExpiry = 0x11;
inline constexpr std::uint8_t kReceiveMaximum = 0x21;
inline constexpr std::uint8_t kTopicAlias = 0x23;
inline constexpr std::uint8_t kUserProperty = 0x26;
inline constexpr std::uint8_t kMaximumPacketSize = 0x27;
}  // namespace mqtt_property

}  // namespace rt
