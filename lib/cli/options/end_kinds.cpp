#include "cli/options/end_kinds.hpp"

#include <array>

namespace rt::cli {

EndKind kind_of(const RelayEndpoint& endpoint) {
  switch (endpoint.kind) {
    case RelayEndpoint::Kind::stdio:
      return EndKind::stdio;
    case RelayEndpoint::Kind::poll:
      return EndKind::poll;
    case RelayEndpoint::Kind::sse:
      return EndKind::sse;
    case RelayEndpoint::Kind::ws:
      return EndKind::ws;
    case RelayEndpoint::Kind::mqtt:
      return EndKind::mqtt;
    case RelayEndpoint::Kind::http:
      return EndKind::http;
    case RelayEndpoint::Kind::exec:
      return EndKind::exec;
    case RelayEndpoint::Kind::file:
      return EndKind::file;
    case RelayEndpoint::Kind::serve:
      break;
  }
  return endpoint.served == Transport::mqtt ? EndKind::broker : EndKind::hub;
}

std::string_view name_of(EndKind kind) {
  constexpr std::array<std::string_view, kEndKindCount> kNames = {
      "-", "poll", "sse", "ws", "mqtt", "http", "exec:", "file:", "serve+http", "serve+mqtt"};
  return kNames[static_cast<std::size_t>(kind)];
}

}  // namespace rt::cli
