#pragma once

#include <string>
#include <string_view>

#include "codec/http1.hpp"

namespace rt::ws {

// What a request of HTTP/1.1 asks for by its Upgrade field (RFC 6455 section 4.2.1).
http::WebSocketWish wish_of(const http1::Request& request);

// True when the client offers that subprotocol, in any version of HTTP.
bool offers_subprotocol(const http::Request& request, std::string_view name);

}  // namespace rt::ws
