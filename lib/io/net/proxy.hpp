#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/result.hpp"
#include "model/endpoint.hpp"

namespace rt {

// An HTTP proxy to tunnel through (CONNECT).
struct Proxy {
  std::string host;
  std::uint16_t port = 0;
  std::string credentials;  // "user:password", decoded; may be empty
};

// The proxy that the environment names for this endpoint, read as curl reads it: ws_proxy or
// http_proxy (only so), wss_proxy, WSS_PROXY, https_proxy or HTTPS_PROXY, then all_proxy or
// ALL_PROXY; none where no_proxy or NO_PROXY has the host. An error (usage) for a proxy that is
// not spoken (SOCKS, TLS to the proxy).
Result<std::optional<Proxy>> proxy_for(const Endpoint& endpoint);

}  // namespace rt
