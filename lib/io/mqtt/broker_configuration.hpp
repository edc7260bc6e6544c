#pragma once

#include <string>

#include "io/mqtt/broker.hpp"
#include "io/mqtt/broker_listeners.hpp"

namespace rt {

// Mosquitto 2.0.11's own account only grows: 56 bytes for each MQTT 5 property that comes by. Where
// the system can bound what it really has, that is asked to.
#ifdef __linux__
inline constexpr bool kSystemBoundsBroker = true;
#else
inline constexpr bool kSystemBoundsBroker = false;
#endif

// The configuration file of a Mosquitto that listens there. One that does not retain disconnects
// whoever wants that.
std::string broker_configuration(const BrokerListeners& listeners, const BrokerOptions& options,
                                 bool retains);

}  // namespace rt
