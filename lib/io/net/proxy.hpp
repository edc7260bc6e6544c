#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"
#include "model/endpoint.hpp"

namespace rt {

// The URL of the proxy that the environment names for this endpoint, or nothing; read as curl reads
// it: ws_proxy or http_proxy (only so), wss_proxy, WSS_PROXY, https_proxy or HTTPS_PROXY, then
// all_proxy or ALL_PROXY. None where no_proxy or NO_PROXY has the host: a name and those below it,
// an address, or a network (10.0.0.0/8), each perhaps with a port. An error (usage) for one that
// cannot be read or is not spoken: http, https and SOCKS are.
Result<std::string> proxy_for(const Endpoint& endpoint);

// For people: "host:port", with a scheme before it that is not http; without credentials.
std::string shown_proxy(std::string_view url);

}  // namespace rt
