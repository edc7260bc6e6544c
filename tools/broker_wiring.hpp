#pragma once

#include "app/serve_broker.hpp"
#include "cli/options/options.hpp"

namespace rt {

// What `rtmqtt serve` runs with. Errors (usage): a bad address.
Result<ServeBrokerOptions> serve_broker_options(const Options& options);

}  // namespace rt
