#include "io/net/proxy.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <initializer_list>
#include <string_view>

#include "base/text.hpp"
#include "model/host.hpp"
#include "model/proxy_url.hpp"

namespace rt {
namespace {

std::string first_of(std::initializer_list<const char*> names) {
  for (const char* const name : names) {
    const char* const value = std::getenv(name);
    if (value != nullptr && *value != '\0') return value;
  }
  return {};
}

// The bytes of an address, 4 or 16; nothing for a name.
std::string address_bytes(std::string_view text) {
  const std::string address(text);
  std::array<char, 16> bytes{};
  if (inet_pton(AF_INET, address.c_str(), bytes.data()) == 1) return {bytes.data(), 4};
  if (inet_pton(AF_INET6, address.c_str(), bytes.data()) == 1) return {bytes.data(), 16};
  return {};
}

// "10.0.0.0/8" has 10.1.2.3.
bool in_network(std::string_view host, std::string_view network, std::string_view length) {
  const std::string address = address_bytes(host);
  const std::string base = address_bytes(network);
  const auto bits = parse_uint(length);
  if (address.empty() || address.size() != base.size() || !bits || *bits > 8 * base.size())
    return false;
  const auto whole = static_cast<std::size_t>(*bits / 8);
  if (address.compare(0, whole, base, 0, whole) != 0) return false;
  if (*bits % 8 == 0) return true;
  const auto differ = static_cast<unsigned char>(address[whole] ^ base[whole]);
  return differ >> (8 - *bits % 8) == 0;
}

bool matches_host(std::string_view host, std::string_view pattern) {
  if (const std::size_t slash = pattern.find('/'); slash != std::string_view::npos)
    return in_network(host, pattern.substr(0, slash), pattern.substr(slash + 1));
  if (!pattern.empty() && pattern.front() == '.') pattern.remove_prefix(1);
  if (pattern.empty() || host.size() < pattern.size()) return false;
  const std::size_t at = host.size() - pattern.size();
  if (!iequals(host.substr(at), pattern)) return false;
  return at == 0 || (host[at - 1] == '.' && !is_ipv4(host) && !is_ipv6(host));
}

bool matches(const Endpoint& endpoint, std::string_view pattern) {
  if (pattern == "*") return true;
  std::string_view port;
  if (pattern.starts_with('[')) {
    const std::size_t end = std::min(pattern.find(']'), pattern.size());
    const std::string_view behind = pattern.substr(std::min(end + 1, pattern.size()));
    if (behind.starts_with(':')) port = behind.substr(1);
    // "[2001:db8::]/32" is read like "[2001:db8::/32]".
    const std::string address(pattern.substr(1, end - 1));
    const std::string network = behind.starts_with('/') ? address + std::string(behind) : address;
    if (!port.empty() && parse_uint(port) != endpoint.port) return false;
    return matches_host(endpoint.host, network);
  }
  const std::size_t colon = pattern.find(':');
  if (colon != std::string_view::npos && pattern.find(':', colon + 1) == std::string_view::npos) {
    port = pattern.substr(colon + 1);
    pattern = pattern.substr(0, colon);
  }
  if (!port.empty() && parse_uint(port) != endpoint.port) return false;
  return matches_host(endpoint.host, pattern);
}

bool excepted(const Endpoint& endpoint) {
  const std::string list = first_of({"no_proxy", "NO_PROXY"});
  std::string_view rest = list;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find_first_of(", \t"), rest.size());
    if (matches(endpoint, rest.substr(0, end))) return true;
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return false;
}

}  // namespace

Result<std::string> proxy_for(const Endpoint& endpoint, const NetworkOptions& network) {
  if (!network.unix_socket.empty()) return std::string();
  if (network.proxy) return excepted(endpoint) ? std::string() : *network.proxy;
  // HTTP_PROXY in capitals can be set by a request's "Proxy:" header where a program runs as a CGI.
  std::string url = endpoint.tls
                        ? first_of({"wss_proxy", "WSS_PROXY", "https_proxy", "HTTPS_PROXY"})
                        : first_of({"ws_proxy", "WS_PROXY", "http_proxy"});
  if (url.empty()) url = first_of({"all_proxy", "ALL_PROXY"});
  if (url.empty() || excepted(endpoint)) return std::string();
  if (const Result<void> checked = check_proxy_url(url); !checked)
    return checked.error().within(
        "a WebSocket cannot go through the proxy that the environment names");
  return url;
}

}  // namespace rt
