#include "codec/mqtt_properties.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <memory>
#include <utility>

#include "base/text.hpp"
#include "codec/mqtt_bytes.hpp"
#include "model/topic.hpp"

namespace rt::mqtt {
namespace {

constexpr char kPayloadFormat = 0x01;
constexpr char kMessageExpiry = 0x02;
constexpr char kContentType = 0x03;
constexpr char kResponseTopic = 0x08;
constexpr char kCorrelationData = 0x09;
constexpr char kSubscriptionIdentifier = 0x0B;
constexpr char kTopicAlias = 0x23;
constexpr char kUserProperty = 0x26;

constexpr std::string_view kEvent = "rt-event";
constexpr std::string_view kOrigin = "rt-origin-id";
constexpr std::string_view kVia = "rt-via";

Result<void> append_text(std::string& out, std::string_view text, std::string_view what) {
  if (text.size() > kLongestText)
    return Error(Fault::usage, std::string(what) + " is longer than MQTT can carry");
  if (!valid_mqtt_text(text))
    return Error(Fault::usage, std::string(what) + " '" + printable(text, 40) +
                                   "' cannot go through MQTT: it has control characters or is not "
                                   "UTF-8");
  append_binary(out, text);
  return {};
}

Result<void> append_user(std::string& out, std::string_view name, std::string_view value) {
  out += kUserProperty;
  if (Result<void> done = append_text(out, name, "the user property"); !done) return done;
  return append_text(out, value, "the user property's value");
}

void take_user_property(std::string_view name, std::string_view value, Message& into) {
  if (name == kEvent)
    into.event = value;
  else if (name == kOrigin)
    into.origin_id = value;
  else if (name == kVia)
    into.via.emplace_back(value);
  else
    into.properties.emplace_back(name, value);
}

void append_four(std::string& out, std::uint32_t number) {
  append_number(out, number >> 16);
  append_number(out, number & 0xFFFF);
}

// What is left of a message's time, which no message without any is sent with.
std::uint32_t time_left(const Message& message, WallTime now) {
  const std::uint32_t all = *message.mqtt->expiry;
  if (now == WallTime{} || message.time == WallTime{} || now <= message.time) return all;
  const auto passed = std::chrono::duration_cast<std::chrono::seconds>(now - message.time).count();
  return passed < all ? all - static_cast<std::uint32_t>(passed) : 1;
}

Result<void> append_facts(std::string& out, const Message& message, WallTime now) {
  const MqttFacts& facts = *message.mqtt;
  if (facts.expiry) {
    out += kMessageExpiry;
    append_four(out, time_left(message, now));
  }
  if (!facts.response_topic.empty()) {
    out += kResponseTopic;
    if (auto added = append_text(out, facts.response_topic, "the response topic"); !added)
      return added;
  }
  if (facts.correlation.empty()) return {};
  if (facts.correlation.size() > kLongestText)
    return Error(Fault::usage, "the correlation data is longer than MQTT can carry");
  out += kCorrelationData;
  append_binary(out, facts.correlation);
  return {};
}

void note_subscription(PropertyFacts& facts, std::uint32_t identifier) {
  facts.subscription =
      facts.subscription == 0 ? identifier : std::min(facts.subscription, identifier);
}

}  // namespace

bool has_only_payload(const Message& message) {
  return message.content_type.empty() && message.properties.empty() && message.event.empty() &&
         message.origin_id.empty() && message.id.empty() && message.via.empty() &&
         message.mqtt == nullptr;
}

Result<std::string> properties_of(const Message& message, std::optional<PayloadKind> kind,
                                  const std::vector<std::pair<std::string, std::string>>& common,
                                  WallTime now) {
  if (const std::string_view fault = fault_of_properties(message); !fault.empty())
    return Error(Fault::usage, "a message " + std::string(fault));
  std::string out;
  if (kind) out = {kPayloadFormat, *kind == PayloadKind::text ? '\1' : '\0'};
  Result<void> added;
  const auto user = [&](std::string_view name, std::string_view value) {
    if (added) added = append_user(out, name, value);
  };
  if (!message.content_type.empty()) {
    out += kContentType;
    added = append_text(out, message.content_type, "the content type");
  }
  if (message.mqtt && added) added = append_facts(out, message, now);
  for (const auto& [name, value] : common) user(name, value);
  for (const auto& [name, value] : message.properties) user(name, value);
  if (!message.event.empty()) user(kEvent, message.event);
  const std::string& origin = message.origin_id.empty() ? message.id : message.origin_id;
  if (!origin.empty()) user(kOrigin, origin);
  for (const std::string& relay : message.via) user(kVia, relay);
  if (!added) return added.error();
  return out;
}

Result<void> append_property(std::string& out, const MqttProperty& property) {
  const MqttPropertyKind* const kind = mqtt_property_kind(property.identifier);
  if (kind == nullptr) return Error(Fault::usage, "MQTT knows no such property");
  const auto fits = [&](std::uint32_t most) -> Result<void> {
    if (property.number <= most) return {};
    return Error(Fault::usage, std::string(kind->name) + ": the number is too large");
  };
  out += static_cast<char>(property.identifier);
  switch (kind->form) {
    case MqttPropertyForm::byte:
      out += static_cast<char>(property.number);
      return fits(0xFF);
    case MqttPropertyForm::two:
      append_number(out, property.number & 0xFFFF);
      return fits(0xFFFF);
    case MqttPropertyForm::four:
      append_four(out, property.number);
      return {};
    case MqttPropertyForm::variable:
      append_variable(out, property.number);
      return fits(0xFFF'FFFF);
    case MqttPropertyForm::binary:
      if (property.text.size() > kLongestText)
        return Error(Fault::usage, std::string(kind->name) + " is longer than MQTT can carry");
      append_binary(out, property.text);
      return {};
    case MqttPropertyForm::text:
      return append_text(out, property.text, kind->name);
    case MqttPropertyForm::pair:
      break;
  }
  out.pop_back();
  return append_user(out, property.text, property.value);
}

void append_disconnect(std::string& out, std::uint8_t reason, const MqttProperties& properties) {
  std::string encoded;
  for (const MqttProperty& property : properties) {
    std::string one;
    if (append_property(one, property)) encoded += one;
  }
  out += '\xE0';
  if (reason == 0 && encoded.empty()) {
    out += '\0';
    return;
  }
  append_variable(out, 1 + variable_size(encoded.size()) + encoded.size());
  out += static_cast<char>(reason);
  append_variable(out, encoded.size());
  out += encoded;
}

PropertyFacts read_properties(std::string_view properties, Message& into) {
  PropertyFacts out;
  std::shared_ptr<MqttFacts> facts;
  const auto of_answers = [&]() -> MqttFacts& {
    if (!facts) facts = std::make_shared<MqttFacts>();
    return *facts;
  };
  Reader reader(properties);
  while (!reader.at_end()) {
    const auto kind = static_cast<char>(*reader.number(1));
    switch (kind) {
      case kPayloadFormat:
        out.kind = reader.number(1) == 1u ? PayloadKind::text : PayloadKind::binary;
        break;
      case kMessageExpiry:
        of_answers().expiry = reader.number(4);
        break;
      case kResponseTopic:
        of_answers().response_topic = reader.binary().value_or("");
        break;
      case kCorrelationData:
        of_answers().correlation = reader.binary().value_or("");
        break;
      case kTopicAlias:
        (void)reader.number(2);
        break;
      case kContentType:
        into.content_type = reader.binary().value_or("");
        break;
      case kSubscriptionIdentifier:
        note_subscription(out, reader.variable().value_or(0));
        break;
      case kUserProperty: {
        const std::string_view name = reader.binary().value_or("");
        take_user_property(name, reader.binary().value_or(""), into);
        break;
      }
      default:  // there are no others
        (void)reader.binary();
    }
  }
  into.mqtt = std::move(facts);
  return out;
}

std::optional<PropertyFacts> read_plain_properties(std::string_view properties) {
  PropertyFacts out;
  Reader reader(properties);
  while (!reader.at_end()) {
    const auto kind = static_cast<char>(*reader.number(1));
    if (kind == kPayloadFormat) {
      const auto format = reader.number(1);
      if (!format || out.kind || *format > 1) return std::nullopt;
      out.kind = *format == 1 ? PayloadKind::text : PayloadKind::binary;
    } else if (kind == kSubscriptionIdentifier) {
      const auto number = reader.variable();
      if (!number || *number == 0) return std::nullopt;
      note_subscription(out, *number);
    } else {
      return std::nullopt;
    }
  }
  return out;
}

}  // namespace rt::mqtt
