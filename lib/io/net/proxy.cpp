#include "io/net/proxy.hpp"

#include <cstdlib>
#include <initializer_list>

#include "base/text.hpp"
#include "model/host.hpp"

namespace rt {
namespace {

constexpr std::uint16_t kDefaultPort = 1080;  // curl's

std::string first_of(std::initializer_list<const char*> names) {
  for (const char* const name : names) {
    const char* const value = std::getenv(name);
    if (value != nullptr && *value != '\0') return value;
  }
  return {};
}

bool matches(std::string_view host, std::string_view pattern) {
  if (pattern == "*") return true;
  if (pattern.size() > 2 && pattern.front() == '[' && pattern.back() == ']')
    pattern = pattern.substr(1, pattern.size() - 2);
  if (!pattern.empty() && pattern.front() == '.') pattern.remove_prefix(1);
  if (pattern.empty() || host.size() < pattern.size()) return false;
  const std::size_t at = host.size() - pattern.size();
  if (!iequals(host.substr(at), pattern)) return false;
  return at == 0 || (host[at - 1] == '.' && !is_ipv4(host) && !is_ipv6(host));
}

bool excepted(std::string_view host) {
  const std::string list = first_of({"no_proxy", "NO_PROXY"});
  std::string_view rest = list;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find_first_of(", \t"), rest.size());
    if (matches(host, rest.substr(0, end))) return true;
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return false;
}

}  // namespace

Result<std::optional<Proxy>> proxy_for(const Endpoint& endpoint) {
  // HTTP_PROXY in capitals can be set by a request's "Proxy:" header where a program runs as a CGI.
  std::string url = endpoint.tls
                        ? first_of({"wss_proxy", "WSS_PROXY", "https_proxy", "HTTPS_PROXY"})
                        : first_of({"ws_proxy", "WS_PROXY", "http_proxy"});
  if (url.empty()) url = first_of({"all_proxy", "ALL_PROXY"});
  if (url.empty() || excepted(endpoint.host)) return std::optional<Proxy>();

  std::string_view rest = url;
  if (const std::size_t scheme = rest.find("://"); scheme != std::string_view::npos) {
    const std::string_view name = rest.substr(0, scheme);
    if (!iequals(name, "http"))
      return Error(Fault::usage,
                   "a WebSocket cannot go through the proxy that the environment names: '" +
                       printable(name, 20) + "' is not spoken, only http");
    rest.remove_prefix(scheme + 3);
  }
  rest = rest.substr(0, rest.find('/'));
  Proxy proxy;
  if (const std::size_t at = rest.rfind('@'); at != std::string_view::npos) {
    const auto decoded = percent_decode(rest.substr(0, at));
    if (!decoded) return Error(Fault::usage, "the proxy's user and password cannot be read");
    proxy.credentials = *decoded;
    rest.remove_prefix(at + 1);
  }
  const auto where = parse_host_port(rest);
  if (!where || where->host.empty() || where->host == "*")
    return Error(Fault::usage, "the environment names a proxy that cannot be read");
  proxy.host = where->host;
  proxy.port = kDefaultPort;
  if (!where->port.empty()) {
    const auto port = check_port(where->port, 1);
    if (!port) return port.error().within("proxy");
    proxy.port = *port;
  }
  return std::optional<Proxy>(std::move(proxy));
}

}  // namespace rt
