#pragma once

#include "cli/options/options.hpp"
#include "end_wiring.hpp"
#include "io/mqtt/client.hpp"

namespace rt {

// What goes over a WebSocket where the URL says so; else nothing, and the network itself is meant.
MakeCarrier websocket_below(const Options& options, const Endpoint& endpoint);

// A pre-shared key is of use over TLS alone. Errors: usage.
Result<void> check_psk(const Options& options, const Endpoint& endpoint);

// What rtmqtt's verbs connect with. Errors (usage): a topic that cannot be published to, or none.
Result<MqttClientOptions> mqtt_options(const Options& options, const Endpoint& endpoint,
                                       const Credentials& credentials);

}  // namespace rt
