#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "model/relay_endpoint.hpp"

// What the ends of a relay are to options that can be for one end alone.
namespace rt::cli {

enum class EndKind : std::uint8_t { stdio, poll, sse, ws, mqtt, http, exec, file, hub, broker };
inline constexpr std::size_t kEndKindCount = 10;

constexpr std::uint16_t end_bit(EndKind kind) {
  return static_cast<std::uint16_t>(1u << static_cast<unsigned>(kind));
}

// The ends that can have an option of their own: bits as end_bit gives them. None: it is for the
// whole relay.
struct EndScope {
  std::uint16_t sources = 0;
  std::uint16_t sinks = 0;
};

// Which ways an end is used.
struct EndWays {
  bool source = false;
  bool sink = false;
};

EndKind kind_of(const RelayEndpoint& endpoint);

constexpr bool takes(const EndScope& scope, EndKind kind, EndWays ways) {
  const std::uint16_t bit = end_bit(kind);
  return (ways.source && (scope.sources & bit) != 0) || (ways.sink && (scope.sinks & bit) != 0);
}
constexpr bool is_of_ends(const EndScope& scope) {
  return scope.sources != 0 || scope.sinks != 0;
}

// "mqtt", "exec:", "serve+http": as the manual calls it.
std::string_view name_of(EndKind kind);

}  // namespace rt::cli
