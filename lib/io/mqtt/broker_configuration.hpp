#pragma once

#include <string>

#include "io/mqtt/broker.hpp"
#include "io/mqtt/broker_listeners.hpp"

namespace rt {

// The configuration file of a Mosquitto that listens there.
std::string broker_configuration(const BrokerListeners& listeners, const BrokerOptions& options);

}  // namespace rt
