#pragma once

#include <string>
#include <string_view>

#include "codec/http1.hpp"

namespace rt::ws {

// What a request of HTTP/1.1 asks for by its Upgrade field (RFC 6455 section 4.2.1).
http::WebSocketWish wish_of(const http1::Request& request);

// The Sec-WebSocket-Accept that answers a Sec-WebSocket-Key (section 4.2.2).
std::string accept_key(std::string_view key);

// The head of the answer that accepts (101). `extensions` is a Sec-WebSocket-Extensions value; what
// is empty is left out.
std::string accepting_answer(std::string_view key, std::string_view subprotocol,
                             std::string_view extensions = {});

// True when the client offers that subprotocol, in any version of HTTP.
bool offers_subprotocol(const http::Request& request, std::string_view name);

}  // namespace rt::ws
