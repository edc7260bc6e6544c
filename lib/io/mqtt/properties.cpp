#include "io/mqtt/properties.hpp"

#include <mosquitto.h>
#include <mqtt_protocol.h>

#include <algorithm>
#include <cstdlib>

#include "base/text.hpp"

namespace rt {
namespace {

constexpr std::size_t kLongest = 65'535;  // what a length field of MQTT can say
const std::string kEvent = "rt-event";
const std::string kOrigin = "rt-origin-id";
const std::string kVia = "rt-via";

// libmosquitto checks names only, and cuts what is too long.
Result<void> check(const std::string& text, std::string_view what) {
  if (text.size() > kLongest)
    return Error(Fault::usage, std::string(what) + " is longer than MQTT can carry");
  if (mosquitto_validate_utf8(text.data(), static_cast<int>(text.size())) != MOSQ_ERR_SUCCESS)
    return Error(Fault::usage, std::string(what) + " '" + printable(text, 40) +
                                   "' cannot go through MQTT: it has control characters or is not "
                                   "UTF-8");
  return {};
}

// A C string of libmosquitto's.
class Taken {
 public:
  Taken() = default;
  ~Taken() { std::free(text_); }
  Taken(const Taken&) = delete;
  Taken& operator=(const Taken&) = delete;
  char** operator&() { return &text_; }
  std::string_view view() const { return text_ != nullptr ? text_ : ""; }

 private:
  char* text_ = nullptr;
};

void take_user_property(const mosquitto_property* property, Message& into) {
  Taken name;
  Taken value;
  mosquitto_property_read_string_pair(property, MQTT_PROP_USER_PROPERTY, &name, &value, false);
  if (name.view() == kEvent)
    into.event = value.view();
  else if (name.view() == kOrigin)
    into.origin_id = value.view();
  else if (name.view() == kVia)
    into.via.emplace_back(value.view());
  else
    into.properties.emplace_back(name.view(), value.view());
}

}  // namespace

MqttProperties::~MqttProperties() {
  mosquitto_property_free_all(&list_);
}

MqttProperties& MqttProperties::operator=(MqttProperties&& other) noexcept {
  std::swap(list_, other.list_);
  return *this;
}

Result<void> MqttProperties::add_user(const std::string& name, const std::string& value) {
  if (Result<void> ok = check(name, "the user property"); !ok) return ok;
  if (Result<void> ok = check(value, "the user property's value"); !ok) return ok;
  mosquitto_property_add_string_pair(&list_, MQTT_PROP_USER_PROPERTY, name.c_str(), value.c_str());
  return {};
}

Result<void> MqttProperties::add_content_type(const std::string& type) {
  if (Result<void> ok = check(type, "the content type"); !ok) return ok;
  mosquitto_property_add_string(&list_, MQTT_PROP_CONTENT_TYPE, type.c_str());
  return {};
}

void MqttProperties::add_payload_format(PayloadKind kind) {
  mosquitto_property_add_byte(&list_, MQTT_PROP_PAYLOAD_FORMAT_INDICATOR,
                              kind == PayloadKind::text ? 1 : 0);
}

std::string encoded(const mqtt5__property* properties) {
  std::string out;
  const auto text = [&](std::string_view bytes) {
    out += static_cast<char>(bytes.size() >> 8);
    out += static_cast<char>(bytes.size() & 255);
    out += bytes;
  };
  for (const mosquitto_property* at = properties; at != nullptr; at = mosquitto_property_next(at)) {
    const int kind = mosquitto_property_identifier(at);
    out += static_cast<char>(kind);
    if (kind == MQTT_PROP_PAYLOAD_FORMAT_INDICATOR) {
      std::uint8_t format = 0;
      mosquitto_property_read_byte(at, kind, &format, false);
      out += static_cast<char>(format);
    } else if (kind == MQTT_PROP_CONTENT_TYPE) {
      Taken type;
      mosquitto_property_read_string(at, kind, &type, false);
      text(type.view());
    } else {
      Taken name;
      Taken value;
      mosquitto_property_read_string_pair(at, kind, &name, &value, false);
      text(name.view());
      text(value.view());
    }
  }
  return out;
}

bool has_only_payload(const Message& message) {
  return message.content_type.empty() && message.properties.empty() && message.event.empty() &&
         message.origin_id.empty() && message.id.empty() && message.via.empty();
}

Result<MqttProperties> properties_of(
    const Message& message, PayloadKind kind,
    const std::vector<std::pair<std::string, std::string>>& common) {
  MqttProperties out;
  out.add_payload_format(kind);
  Result<void> added;
  const auto user = [&](const std::string& name, const std::string& value) {
    if (added) added = out.add_user(name, value);
  };
  if (!message.content_type.empty()) added = out.add_content_type(message.content_type);
  for (const auto& [name, value] : common) user(name, value);
  for (const auto& [name, value] : message.properties) user(name, value);
  if (!message.event.empty()) user(kEvent, message.event);
  const std::string& origin = message.origin_id.empty() ? message.id : message.origin_id;
  if (!origin.empty()) user(kOrigin, origin);
  for (const std::string& relay : message.via) user(kVia, relay);
  if (!added) return added.error();
  return out;
}

ReadProperties read_properties(const mqtt5__property* properties, Message& into) {
  ReadProperties out;
  for (const mosquitto_property* at = properties; at != nullptr; at = mosquitto_property_next(at)) {
    switch (mosquitto_property_identifier(at)) {
      case MQTT_PROP_PAYLOAD_FORMAT_INDICATOR: {
        std::uint8_t format = 0;
        mosquitto_property_read_byte(at, MQTT_PROP_PAYLOAD_FORMAT_INDICATOR, &format, false);
        out.kind_known = true;
        out.kind = format == 1 ? PayloadKind::text : PayloadKind::binary;
        break;
      }
      case MQTT_PROP_CONTENT_TYPE: {
        Taken type;
        mosquitto_property_read_string(at, MQTT_PROP_CONTENT_TYPE, &type, false);
        into.content_type = type.view();
        break;
      }
      case MQTT_PROP_SUBSCRIPTION_IDENTIFIER: {
        std::uint32_t number = 0;
        mosquitto_property_read_varint(at, MQTT_PROP_SUBSCRIPTION_IDENTIFIER, &number, false);
        out.subscription = out.subscription == 0 ? number : std::min(out.subscription, number);
        break;
      }
      case MQTT_PROP_USER_PROPERTY:
        take_user_property(at, into);
        break;
      default:
        break;
    }
  }
  return out;
}

}  // namespace rt
