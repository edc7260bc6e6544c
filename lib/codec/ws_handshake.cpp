#include "codec/ws_handshake.hpp"

#include <algorithm>
#include <vector>

#include "base/text.hpp"
#include "codec/http1.hpp"
#include "codec/http_values.hpp"
#include "codec/list_field.hpp"
#include "codec/rt_v1.hpp"
#include "codec/sha1.hpp"
#include "codec/ws_extensions.hpp"

namespace rt::ws {
namespace {

std::ptrdiff_t count(const http::Request& request, std::string_view name) {
  return std::count_if(request.fields.begin(), request.fields.end(),
                       [&](const http::Field& field) { return iequals(field.name, name); });
}

// Tokens, at least one, and none of them twice (section 4.1).
bool sound_subprotocols(const http::Request& request) {
  if (count(request, "Sec-WebSocket-Protocol") == 0) return true;
  std::vector<std::string_view> names;
  bool sound = true;
  for (const http::Field& field : request.fields) {
    if (!iequals(field.name, "Sec-WebSocket-Protocol")) continue;
    http::for_each_element(field.value, [&](std::string_view name) {
      if (!http::valid_field_name(name)) sound = false;
      names.push_back(name);
    });
  }
  std::sort(names.begin(), names.end());
  return sound && !names.empty() && std::adjacent_find(names.begin(), names.end()) == names.end();
}

bool sound_extensions(const http::Request& request) {
  return request.find("Sec-WebSocket-Extensions") == nullptr ||
         parse_extensions(request.joined("Sec-WebSocket-Extensions"));
}

}  // namespace

http::WebSocketWish wish_of(const http1::Request& request) {
  if (request.find("Upgrade") == nullptr || !request.has_token("Upgrade", "websocket"))
    return http::WebSocketWish::none;
  if (request.method != "GET" || request.minor_version < 1 || request.has_body ||
      !request.has_token("Connection", "upgrade"))
    return http::WebSocketWish::malformed;
  if (count(request, "Sec-WebSocket-Version") > 1 || count(request, "Sec-WebSocket-Key") > 1)
    return http::WebSocketWish::malformed;
  if (request.value("Sec-WebSocket-Version") != "13") return http::WebSocketWish::bad_version;
  const auto key = base64_decode(request.value("Sec-WebSocket-Key"));
  if (!key || key->size() != 16) return http::WebSocketWish::malformed;
  if (!sound_subprotocols(request) || !sound_extensions(request))
    return http::WebSocketWish::malformed;
  return http::WebSocketWish::valid;
}

std::string accept_key(std::string_view key) {
  return base64_encode(sha1(std::string(key) + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"));
}

std::string accepting_answer(std::string_view key, std::string_view subprotocol,
                             std::string_view extensions) {
  http::Fields fields = {{"Upgrade", "websocket"},
                         {"Connection", "Upgrade"},
                         {"Sec-WebSocket-Accept", accept_key(key)},
                         {"Server", v1::kServerName}};
  if (!subprotocol.empty()) fields.add("Sec-WebSocket-Protocol", subprotocol);
  if (!extensions.empty()) fields.add("Sec-WebSocket-Extensions", extensions);
  std::string out;
  http1::append_status_line(out, 101);
  http1::append_fields(out, fields);
  out += "\r\n";
  return out;
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
