#pragma once

#include <string>

#include "base/result.hpp"
#include "model/endpoint.hpp"
#include "model/network_options.hpp"

namespace rt {

// The URL of the proxy for this endpoint, or nothing: the one that the options name, else the
// environment's, read as curl reads it: ws_proxy or http_proxy (only so), wss_proxy, WSS_PROXY,
// https_proxy or HTTPS_PROXY, then all_proxy or ALL_PROXY. None where no_proxy or NO_PROXY has the
// host: a name and those below it, an address, or a network (10.0.0.0/8), each perhaps with a port.
// An error (usage) for a variable that cannot be read or whose scheme is not spoken.
Result<std::string> proxy_for(const Endpoint& endpoint, const NetworkOptions& network);

}  // namespace rt
