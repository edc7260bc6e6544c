#include "model/mqtt_property.hpp"

#include <algorithm>
#include <array>

namespace rt {
namespace {

using C = MqttCommand;
using Form = MqttPropertyForm;

template <class... Commands>
constexpr unsigned in(Commands... commands) {
  return (bit_of(commands) | ...);
}

constexpr unsigned kMessage = in(C::publish, C::will);
constexpr unsigned kReason = in(C::connack, C::puback, C::pubrec, C::pubrel, C::pubcomp, C::suback,
                                C::unsuback, C::disconnect, C::auth);

// Section 2.2.2.2.
constexpr MqttPropertyKind kKinds[] = {
    {mqtt_property::kPayloadFormat, "payload-format-indicator", Form::byte, kMessage},
    {mqtt_property::kMessageExpiry, "message-expiry-interval", Form::four, kMessage},
    {mqtt_property::kContentType, "content-type", Form::text, kMessage},
    {mqtt_property::kResponseTopic, "response-topic", Form::text, kMessage},
    {mqtt_property::kCorrelationData, "correlation-data", Form::binary, kMessage},
    {mqtt_property::kSubscriptionIdentifier, "subscription-identifier", Form::variable,
     in(C::publish, C::subscribe)},
    {mqtt_property::kSessionExpiry, "session-expiry-interval", Form::four,
     in(C::connect, C::connack, C::disconnect)},
    {0x12, "assigned-client-identifier", Form::text, in(C::connack)},
    {0x13, "server-keep-alive", Form::two, in(C::connack)},
    {0x15, "authentication-method", Form::text, in(C::connect, C::connack, C::auth)},
    {0x16, "authentication-data", Form::binary, in(C::connect, C::connack, C::auth)},
    {0x17, "request-problem-information", Form::byte, in(C::connect)},
    {0x18, "will-delay-interval", Form::four, in(C::will)},
    {0x19, "request-response-information", Form::byte, in(C::connect)},
    {0x1A, "response-information", Form::text, in(C::connack)},
    {0x1C, "server-reference", Form::text, in(C::connack, C::disconnect)},
    {0x1F, "reason-string", Form::text, kReason},
    {mqtt_property::kReceiveMaximum, "receive-maximum", Form::two, in(C::connect, C::connack)},
    {0x22, "topic-alias-maximum", Form::two, in(C::connect, C::connack)},
    {mqtt_property::kTopicAlias, "topic-alias", Form::two, in(C::publish)},
    {0x24, "maximum-qos", Form::byte, in(C::connack)},
    {0x25, "retain-available", Form::byte, in(C::connack)},
    {mqtt_property::kUserProperty, "user-property", Form::pair, ~0u},
    {mqtt_property::kMaximumPacketSize, "maximum-packet-size", Form::four,
     in(C::connect, C::connack)},
    {0x28, "wildcard-subscription-available", Form::byte, in(C::connack)},
    {0x29, "subscription-identifier-available", Form::byte, in(C::connack)},
    {0x2A, "shared-subscription-available", Form::byte, in(C::connack)},
};

// In the order of MqttCommand.
constexpr std::array<std::string_view, 14> kCommands = {
    "connect",   "connack", "publish",     "puback",   "pubrec",     "pubrel", "pubcomp",
    "subscribe", "suback",  "unsubscribe", "unsuback", "disconnect", "auth",   "will"};

}  // namespace

std::span<const MqttPropertyKind> mqtt_property_kinds() {
  return kKinds;
}

const MqttPropertyKind* mqtt_property_kind(std::string_view name) {
  const auto* const found = std::find_if(std::begin(kKinds), std::end(kKinds),
                                         [&](const auto& kind) { return kind.name == name; });
  return found == std::end(kKinds) ? nullptr : found;
}

const MqttPropertyKind* mqtt_property_kind(std::uint8_t identifier) {
  const auto* const found =
      std::find_if(std::begin(kKinds), std::end(kKinds),
                   [&](const auto& kind) { return kind.identifier == identifier; });
  return found == std::end(kKinds) ? nullptr : found;
}

bool read_mqtt_command(std::string_view name, MqttCommand& command) {
  const auto found = std::find(kCommands.begin(), kCommands.end(), name);
  if (found == kCommands.end()) return false;
  command = static_cast<MqttCommand>(found - kCommands.begin());
  return true;
}

}  // namespace rt
