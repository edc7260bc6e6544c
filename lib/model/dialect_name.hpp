#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace rt {

// What is spoken inside a WebSocket's messages.
enum class DialectKind : std::uint8_t { none, socket_io, graphql_ws, phoenix, stomp };

std::string_view name_of(DialectKind kind);

// "socket.io[:/NAMESPACE]", "graphql-ws", "phoenix:TOPIC" or "stomp:DESTINATION".
struct DialectName {
  DialectKind kind = DialectKind::none;
  std::string place;  // the namespace ("/" is the usual one), topic or destination

  // Errors: usage.
  static Result<DialectName> parse(std::string_view text);
  bool operator==(const DialectName&) const = default;
};

}  // namespace rt
