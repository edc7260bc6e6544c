#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "codec/mqtt_packet.hpp"

// PUBLISH (MQTT 3.1.1 and 5, section 3.3). Pure.
namespace rt::mqtt {

struct Publish {
  std::string_view topic;
  std::uint16_t id = 0;         // of QoS 1 and 2
  std::string_view properties;  // of MQTT 5, encoded, without their length
  std::string_view payload;
  std::uint8_t qos = 0;
  bool retain = false;
  bool dup = false;
  // Written beside the properties (MQTT 5); 0: none. A topic that it stands for may be empty.
  std::uint16_t alias = 0;
};

// The longest that the length of a packet can say.
inline constexpr std::size_t kLongestRemaining = 268'435'455;
inline constexpr std::size_t kLongestPacket = kLongestRemaining + 5;
// Room for a message's topic and properties, beside the payload.
inline constexpr std::size_t kMostHead = 256u << 10;

// nullopt when the packet is cut short or its lengths contradict each other. The topic, the
// properties and the identifier are as they came, not checked.
std::optional<Publish> read_publish(const Packet& packet, bool v5);

// The size of the whole packet.
std::size_t publish_size(const Publish& publish, bool v5);
// The packet; nothing in it may be longer than its length can say.
void append_publish(std::string& out, const Publish& publish, bool v5);

}  // namespace rt::mqtt
