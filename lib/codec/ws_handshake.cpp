#include "codec/ws_handshake.hpp"

#include "base/text.hpp"

namespace rt::ws {

http::WebSocketWish wish_of(const http1::Request& request) {
  if (request.find("Upgrade") == nullptr || !request.has_token("Upgrade", "websocket"))
    return http::WebSocketWish::none;
  if (request.method != "GET" || request.minor_version < 1 || request.has_body ||
      !request.has_token("Connection", "upgrade"))
    return http::WebSocketWish::malformed;
  if (request.value("Sec-WebSocket-Version") != "13") return http::WebSocketWish::bad_version;
  const auto key = base64_decode(request.value("Sec-WebSocket-Key"));
  if (!key || key->size() != 16) return http::WebSocketWish::malformed;
  return http::WebSocketWish::valid;
}

bool offers_subprotocol(const http::Request& request, std::string_view name) {
  for (const http::Field& field : request.fields) {
    if (!iequals(field.name, "Sec-WebSocket-Protocol")) continue;
    for (const std::string_view offered : split(field.value, ','))
      if (trim(offered) == name) return true;
  }
  return false;
}

}  // namespace rt::ws
