#include "codec/ws_handshake.hpp"

#include "base/text.hpp"

namespace rt::ws {

Upgrade check_upgrade(const http1::Request& request) {
  if (request.find("Upgrade") == nullptr || !request.has_token("Upgrade", "websocket"))
    return Upgrade::none;
  if (request.method != "GET" || request.minor_version < 1 || request.has_body ||
      !request.has_token("Connection", "upgrade"))
    return Upgrade::malformed;
  if (request.value("Sec-WebSocket-Version") != "13") return Upgrade::bad_version;
  const auto key = base64_decode(request.value("Sec-WebSocket-Key"));
  if (!key || key->size() != 16) return Upgrade::malformed;
  return Upgrade::valid;
}

bool offers_subprotocol(const http1::Request& request, std::string_view name) {
  for (const http1::Header& header : request.headers) {
    if (!iequals(header.name, "Sec-WebSocket-Protocol")) continue;
    for (const std::string_view offered : split(header.value, ','))
      if (trim(offered) == name) return true;
  }
  return false;
}

}  // namespace rt::ws
