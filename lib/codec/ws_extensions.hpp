#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

// The Sec-WebSocket-Extensions field (RFC 6455 section 9.1).
namespace rt::ws {

struct ExtensionParameter {
  std::string_view name;
  std::optional<std::string> value;  // without quotes
};

struct Extension {
  std::string_view name;
  std::vector<ExtensionParameter> parameters;
};

// What the value (of several fields joined with commas) lists, in its order; nullopt when it is
// malformed. The views are into it.
std::optional<std::vector<Extension>> parse_extensions(std::string_view value);

}  // namespace rt::ws
