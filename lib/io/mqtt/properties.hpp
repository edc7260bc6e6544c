#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "model/message.hpp"

struct mqtt5__property;

namespace rt {

// A list of MQTT 5 properties as libmosquitto has it.
class MqttProperties {
 public:
  MqttProperties() = default;
  ~MqttProperties();
  MqttProperties(MqttProperties&& other) noexcept : list_(std::exchange(other.list_, nullptr)) {}
  MqttProperties& operator=(MqttProperties&& other) noexcept;
  MqttProperties(const MqttProperties&) = delete;
  MqttProperties& operator=(const MqttProperties&) = delete;

  const mqtt5__property* list() const { return list_; }

  // Errors (usage): it is not UTF-8, has control characters or is longer than 65,535 bytes.
  Result<void> add_user(const std::string& name, const std::string& value);
  Result<void> add_content_type(const std::string& type);
  void add_payload_format(PayloadKind kind);

 private:
  mqtt5__property* list_ = nullptr;
};

// The list as it stands in a packet, without its length.
std::string encoded(const mqtt5__property* properties);

// True when the message has nothing for properties but its payload's kind.
bool has_only_payload(const Message& message);

// What goes with a publication: `common`, and the message's own: content type, payload format, user
// properties, and as user properties event (rt-event), origin (rt-origin-id) and via (rt-via, one
// for each relay).
Result<MqttProperties> properties_of(
    const Message& message, PayloadKind kind,
    const std::vector<std::pair<std::string, std::string>>& common);

// The same the other way round. Gives the payload's kind if the sender said it, and the
// subscription identifier (0: none).
struct ReadProperties {
  bool kind_known = false;
  PayloadKind kind = PayloadKind::text;
  std::uint32_t subscription = 0;  // the lowest, if there are several
};
ReadProperties read_properties(const mqtt5__property* properties, Message& into);

}  // namespace rt
