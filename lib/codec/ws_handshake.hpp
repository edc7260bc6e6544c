#pragma once

#include <string>
#include <string_view>

#include "codec/http1.hpp"

namespace rt::ws {

// What an upgrade request asks for (RFC 6455 section 4.2.1).
enum class Upgrade {
  none,         // not an upgrade to WebSocket
  valid,        // everything is there
  bad_version,  // Sec-WebSocket-Version is not 13: answer 426 with the version that is spoken
  malformed,    // answer 400
};
Upgrade check_upgrade(const http1::Request& request);

// True when the client offers that subprotocol.
bool offers_subprotocol(const http1::Request& request, std::string_view name);

}  // namespace rt::ws
