#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "model/message.hpp"
#include "model/mqtt_property.hpp"

// The properties of a PUBLISH (MQTT 5, section 3.3.2.3), encoded and without their length, to and
// from a message's fields. Both ways the time is linear in their number. Pure.
namespace rt::mqtt {

// True when the message has nothing for properties but its payload's kind.
bool has_only_payload(const Message& message);

// What goes with a publication, at `now` (0: the time that has passed does not count): `common`,
// and the message's own: payload format (where `kind` says one), content type, user properties, and
// as user properties event (rt-event), origin (rt-origin-id) and via (rt-via, one for each relay).
// Errors (usage): a text is not UTF-8, has control characters or is longer than 65,535 bytes; there
// are more than a message may have.
Result<std::string> properties_of(const Message& message, std::optional<PayloadKind> kind,
                                  const std::vector<std::pair<std::string, std::string>>& common,
                                  WallTime now = {});

// Appends one property. Errors (usage): its text is not UTF-8, or too long; its number does not
// fit.
Result<void> append_property(std::string& out, const MqttProperty& property);

// DISCONNECT of MQTT 5 (section 3.14). What cannot stand among its properties is left out.
void append_disconnect(std::string& out, std::uint8_t reason, const MqttProperties& properties);

// What properties say that is no field of a message.
struct PropertyFacts {
  std::optional<PayloadKind> kind;  // if the sender has said it
  std::uint32_t subscription = 0;   // identifier; the lowest, if there are several; 0: none
};

// The same the other way round, of properties that check_properties() has found sound.
PropertyFacts read_properties(std::string_view properties, Message& into);

// The same of those that nearly all messages have, if any. nullopt when there are others, or when
// these are malformed: what is given has been checked.
std::optional<PropertyFacts> read_plain_properties(std::string_view properties);

}  // namespace rt::mqtt
