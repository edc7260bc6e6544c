#pragma once

#include <cstdint>

namespace rt {

// The version of MQTT that a client speaks.
enum class MqttProtocol : std::uint8_t {
  automatic,  // 5, and 3.1.1 at a broker that refuses 5
  v31,        // MQIsdp, of 2010; only where it is asked for
  v311,
  v5,
};

}  // namespace rt
