#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "codec/mqtt_packet.hpp"

namespace rt {

// MQTT packets in the words of Mosquitto's own clients (-d), for one connection after another.
class MosquittoLines {
 public:
  // Calls with each line for a packet that we send, or that comes; most have one.
  void describe(bool sent, const mqtt::Packet& packet, bool v5,
                const std::function<void(const std::string&)>& line);

 private:
  void note_id(const mqtt::Packet& packet);

  std::string client_ = "(null)";  // as it is called in them
  std::uint16_t last_id_ = 0;      // that we gave; a publication of QoS 0 has one in them, too
};

}  // namespace rt
