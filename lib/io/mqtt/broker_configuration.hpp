#pragma once

#include <string>

#include "io/mqtt/broker.hpp"
#include "io/mqtt/broker_listeners.hpp"

namespace rt {

// The configuration file of a Mosquitto that listens there. One that does not retain disconnects
// whoever wants that.
std::string broker_configuration(const BrokerListeners& listeners, const BrokerOptions& options,
                                 bool retains);

}  // namespace rt
