#include "engine/access.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "model/host.hpp"

namespace rt {
namespace {

bool is_ipv4(std::string_view host) {
  const auto parts = split(host, '.');
  return parts.size() == 4 && std::all_of(parts.begin(), parts.end(), [](std::string_view part) {
           const auto value = parse_uint(part);
           return value && *value <= 255 && part.size() <= 3;
         });
}

bool is_address(std::string_view authority, std::string_view host) {
  const bool bracketed = !authority.empty() && authority.front() == '[';
  return bracketed ? is_ipv6(host) : is_ipv4(host);
}

// "https://a.example:443" -> scheme and authority without the scheme's default port.
bool split_origin(std::string_view origin, std::string_view& scheme, std::string& authority) {
  const std::size_t at = origin.find("://");
  if (at == std::string_view::npos) return false;
  scheme = origin.substr(0, at);
  authority = ascii_lower(origin.substr(at + 3));
  return !authority.empty() && authority.find('/') == std::string::npos;
}

std::string without_port(std::string authority, std::string_view port) {
  if (authority.size() > port.size() && authority.ends_with(port) &&
      authority[authority.size() - port.size() - 1] == ':')
    authority.resize(authority.size() - port.size() - 1);
  return authority;
}

}  // namespace

std::string host_name(std::string_view authority) {
  if (!authority.empty() && authority.front() == '[') {
    const std::size_t end = authority.find(']');
    if (end == std::string_view::npos) return {};
    return ascii_lower(authority.substr(1, end - 1));
  }
  std::string host = ascii_lower(authority.substr(0, authority.rfind(':')));
  if (!host.empty() && host.back() == '.') host.pop_back();
  return host;
}

bool AccessPolicy::host_allowed(std::string_view host) const {
  // HTTP/1.0 without Host: no browser sends that, so there is nothing to rebind.
  if (host.empty()) return true;
  const std::string name = host_name(host);
  if (is_address(host, name) || name == "localhost" || name.ends_with(".localhost")) return true;
  return std::any_of(options_.allow_hosts.begin(), options_.allow_hosts.end(),
                     [&](const std::string& allowed) { return host_name(allowed) == name; });
}

bool AccessPolicy::origin_allowed(std::string_view origin, std::string_view host) const {
  if (origin.empty()) return true;
  if (cors_allowed(origin)) return true;
  std::string_view scheme;
  std::string authority;
  if (!split_origin(origin, scheme, authority)) return false;
  // A proxy in front may speak TLS where this server does not: either scheme is the Host's own.
  const std::string_view port = iequals(scheme, "https") ? "443" : "80";
  if (!iequals(scheme, "http") && !iequals(scheme, "https")) return false;
  return without_port(authority, port) == without_port(ascii_lower(host), port);
}

bool AccessPolicy::cors_allowed(std::string_view origin) const {
  if (origin.empty() || origin == "null") return false;
  return std::any_of(
      options_.allow_origins.begin(), options_.allow_origins.end(),
      [&](const std::string& allowed) { return allowed == "*" || iequals(allowed, origin); });
}

bool AccessPolicy::names_origin(std::string_view origin) const {
  return cors_allowed(origin) &&
         std::any_of(options_.allow_origins.begin(), options_.allow_origins.end(),
                     [&](const std::string& allowed) { return iequals(allowed, origin); });
}

}  // namespace rt
