#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "model/message.hpp"

namespace rt {

// What the scheme of a URL says.
struct Scheme {
  std::string_view name;  // without the prefix: "http", "wss", "mqtt"
  bool tls = false;
  bool web = false;                 // HTTP or WebSocket, else MQTT
  bool websocket = false;           // ws or wss, or MQTT over them
  std::optional<Transport> prefix;  // of "sse+http" and its like
};

// What stands before "://"; nullopt when the text does not begin with a scheme.
std::optional<std::string_view> scheme_of(std::string_view text);

// All schemes that read_scheme knows, with and without a prefix.
std::vector<std::string> scheme_names();

// Ours for a scheme of other programs, in lower case: mqtts for "ssl". Empty when it is none.
std::string_view instead_of_scheme(std::string_view written);

// The meaning of a scheme, in any case; an error that proposes one when it is unknown.
Result<Scheme> read_scheme(std::string_view written);

// For a text without "://" that was to begin with a scheme: "http:/x", "wss//x", "htps:/x".
std::optional<Error> fault_of_lost_slashes(std::string_view text);

// `websocket`: MQTT goes over one.
std::uint16_t default_port(Transport transport, bool tls, bool websocket = false);

}  // namespace rt
