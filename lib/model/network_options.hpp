#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace rt {

enum class AddressFamily : std::uint8_t { any, v4, v6 };

// How a client's connections come about, whatever they carry. The default is what the system and
// the environment say.
struct NetworkOptions {
  // A URL that check_proxy_url() takes, perhaps with a login; empty: none. Nothing: what the
  // environment names.
  std::optional<std::string> proxy;
  std::vector<std::string> resolve;  // "HOST:PORT:ADDRESS[,ADDRESS...]", as curl reads it
  std::string unix_socket;           // a path: whatever is connected to is behind it
  std::string interface;             // its name, or an address of this machine
  AddressFamily family = AddressFamily::any;

  bool operator==(const NetworkOptions&) const = default;
};

}  // namespace rt
