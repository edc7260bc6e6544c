#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "codec/http_fields.hpp"

namespace rt::http {

// Whether a request asks for a WebSocket in place of an answer: in HTTP/1.1 an upgrade (RFC 6455),
// in later versions an extended CONNECT (RFC 8441). What it offers is in its fields in all of them
// (see ws::offers_subprotocol).
enum class WebSocketWish : std::uint8_t {
  none,
  valid,        // everything is there
  bad_version,  // not version 13 of the protocol: answer 426 with the version that is spoken
  malformed,    // answer 400
};

// One request, as any version of HTTP may bring it. Who filled it says how long the views live.
struct Request {
  std::string_view method;  // any token; GET where a WebSocket is wished for
  std::string_view scheme = "http";
  std::string_view authority;  // whom it was meant for: the Host field, or ":authority"
  std::string_view target;     // path and query, or "*"
  std::string_view path;       // the target before '?', never empty; bytes above 0x7F may occur
  std::string_view query;      // after '?', or empty
  std::vector<Field> fields;
  WebSocketWish websocket = WebSocketWish::none;
  bool announces_body = false;  // a body comes, though it may turn out to be empty
  std::string_view body;

  // The first field of that name (case-insensitive), or null.
  const Field* find(std::string_view name) const;
  std::string_view value(std::string_view name) const;  // empty when absent
  // All values of a list field joined with ", ".
  std::string joined(std::string_view name) const;
  // True when a field of that name is a comma-separated list with that token (case-insensitive).
  bool has_token(std::string_view name, std::string_view token) const;
};

}  // namespace rt::http
