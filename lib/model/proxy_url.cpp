#include "model/proxy_url.hpp"

#include <algorithm>
#include <array>

#include "base/text.hpp"
#include "model/host.hpp"

namespace rt {
namespace {

constexpr std::array<std::string_view, 6> kSpoken = {"http",    "https",  "socks4",
                                                     "socks4a", "socks5", "socks5h"};

struct Parts {
  std::string scheme;  // lower case
  std::string_view login;
  bool has_login = false;
  std::string_view where;
};

Parts parts_of(std::string_view url) {
  Parts out;
  if (const std::size_t end = url.find("://"); end != std::string_view::npos) {
    out.scheme = ascii_lower(url.substr(0, end));
    url.remove_prefix(end + 3);
  }
  url = url.substr(0, url.find('/'));
  const std::size_t at = url.rfind('@');
  out.has_login = at != std::string_view::npos;
  if (out.has_login) {
    out.login = url.substr(0, at);
    url.remove_prefix(at + 1);
  }
  out.where = url;
  return out;
}

}  // namespace

Result<void> check_proxy_url(std::string_view url) {
  const Parts parts = parts_of(url);
  if (!parts.scheme.empty() &&
      std::find(kSpoken.begin(), kSpoken.end(), parts.scheme) == kSpoken.end())
    return Error(Fault::usage,
                 "'" + printable(parts.scheme, 20) + "' is not spoken, only http, https and SOCKS");
  if (parts.has_login && !percent_decode(parts.login))
    return Error(Fault::usage, "the proxy's user and password cannot be read");
  const auto where = parse_host_port(parts.where);
  if (!where || where->host.empty() || where->host == "*")
    return Error(Fault::usage, "not a proxy such as http://HOST:PORT");
  if (where->port.empty()) return {};
  const auto port = check_port(where->port, 1);
  if (!port) return port.error();
  return {};
}

std::string shown_proxy(std::string_view url) {
  if (url.empty()) return {};
  const Parts parts = parts_of(url);
  std::string out = parts.scheme.empty() || parts.scheme == "http" ? "" : parts.scheme + "://";
  out += parts.where;
  const auto where = parse_host_port(parts.where);
  // curl's defaults.
  if (where && where->port.empty()) out += parts.scheme == "https" ? ":443" : ":1080";
  return out;
}

bool has_login(std::string_view proxy_url) {
  return parts_of(proxy_url).has_login;
}

}  // namespace rt
