#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "cli/options/options.hpp"
#include "model/relay_endpoint.hpp"

// Whose a secret is, and what else is for one end alone. A secret that several ends of a relay
// could take would be told to a third party.
namespace rt::cli {

enum class Credential : std::uint8_t {
  user,
  password,
  bearer,
  header,
  certificate,
  psk,
  will,
  socket,
  cookies
};

struct CredentialRow {
  Credential credential;
  std::string_view options;  // long names, separated by spaces; the first stands for all
  std::uint16_t takers;      // bits as kind_bit gives them
  bool needs_tls;            // only ends with TLS are asked for it
  std::string_view binding;  // how an end is given its own: before "behind that end"
  std::string_view keys;     // what that is below [endpoints.NAME]
};

constexpr std::uint16_t kind_bit(RelayEndpoint::Kind kind) {
  return static_cast<std::uint16_t>(1u << static_cast<unsigned>(kind));
}

// Every credential, and what can take it.
std::span<const CredentialRow> credential_table();
// What the option is of; null: of no credential.
const CredentialRow* credential_of(std::string_view option);

// An end and what it is to be reached with.
struct CredentialEnd {
  const RelayEndpoint* endpoint;
  const Options* own;
};

// Whether the end would be shown it, beside the secrets that it has of its own: in its URL or in
// its table of the configuration file.
bool takes(const CredentialRow& row, const CredentialEnd& end);

// Errors (usage): a credential that ends at different servers would take. The text names the ends
// and what to write, and has no secret in it.
Result<void> check_credentials(const std::vector<CredentialEnd>& ends);

}  // namespace rt::cli
