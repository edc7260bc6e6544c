#include "model/host.hpp"

#include <algorithm>
#include <charconv>
#include <optional>
#include <vector>

#include "base/text.hpp"

namespace rt {
namespace {

constexpr std::size_t kLongestName = 253;

bool alphanumeric(char c) {
  c = ascii_lower(c);
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

using Groups = std::vector<std::uint16_t>;

std::optional<std::uint32_t> read_ipv4(std::string_view host) {
  const auto parts = split(host, '.');
  if (parts.size() != 4) return std::nullopt;
  std::uint32_t address = 0;
  for (const std::string_view part : parts) {
    const auto value = parse_uint(part);
    if (!value || *value > 255 || (part.size() > 1 && part[0] == '0')) return std::nullopt;
    address = address << 8 | static_cast<std::uint32_t>(*value);
  }
  return address;
}

std::optional<std::uint16_t> read_group(std::string_view text) {
  if (text.empty() || text.size() > 4) return std::nullopt;
  unsigned value = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value, 16);
  if (failed != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return static_cast<std::uint16_t>(value);
}

// Colon-separated 16-bit groups, the last two perhaps as an IPv4 address.
std::optional<Groups> read_groups(std::string_view text, bool v4_at_end) {
  Groups groups;
  if (text.empty()) return groups;
  const auto parts = split(text, ':');
  for (const std::string_view& part : parts) {
    if (const auto group = read_group(part)) {
      groups.push_back(*group);
      continue;
    }
    const auto address = v4_at_end && &part == &parts.back() ? read_ipv4(part) : std::nullopt;
    if (!address) return std::nullopt;
    groups.push_back(static_cast<std::uint16_t>(*address >> 16));
    groups.push_back(static_cast<std::uint16_t>(*address & 0xFFFF));
  }
  return groups;
}

// All eight groups.
std::optional<Groups> read_ipv6(std::string_view host) {
  const std::size_t elision = host.find("::");
  if (elision == std::string_view::npos) {
    auto groups = read_groups(host, true);
    if (!groups || groups->size() != 8) return std::nullopt;
    return groups;
  }
  auto groups = read_groups(host.substr(0, elision), false);
  const auto after = read_groups(host.substr(elision + 2), true);
  if (!groups || !after || groups->size() + after->size() > 7) return std::nullopt;
  groups->resize(8 - after->size());
  groups->insert(groups->end(), after->begin(), after->end());
  return groups;
}

Error bad_host(std::string_view host, std::string_view why) {
  return Error(Fault::usage, "host \"" + printable(host) + "\" " + std::string(why));
}

std::optional<Error> fault_of_name(std::string_view host) {
  for (const char c : host) {
    if (static_cast<unsigned char>(c) >= 0x80)
      return bad_host(host, "is not ASCII: write it in its xn-- form");
    if (!alphanumeric(c) && c != '-' && c != '_' && c != '.')
      return bad_host(host, "has a character that no host name has");
  }
  if (host.size() > kLongestName) return bad_host(host, "is longer than 253 characters");
  if (host.front() == '.' || host.find("..") != std::string_view::npos)
    return bad_host(host, "has an empty part before a dot");
  return std::nullopt;
}

// The inside of the brackets. A zone may be written with %25 (RFC 6874) or a bare %.
Result<std::string> read_bracketed(std::string_view inside) {
  const std::size_t percent = inside.find('%');
  const std::string_view address = inside.substr(0, percent);
  if (!is_ipv6(address))
    return Error(Fault::usage, "\"" + printable(address) + "\" is not an IPv6 address");
  const std::string host = ascii_lower(address);
  if (percent == std::string_view::npos) return host;
  std::string_view zone = inside.substr(percent + 1);
  if (zone.size() > 2 && zone.substr(0, 2) == "25") zone.remove_prefix(2);
  const auto plain = [](char c) { return alphanumeric(c) || c == '.' || c == '_' || c == '-'; };
  if (zone.empty() || !std::all_of(zone.begin(), zone.end(), plain))
    return Error(Fault::usage, "\"" + printable(zone) + "\" is not the name of an interface");
  return host + "%" + std::string(zone);
}

}  // namespace

bool is_ipv4(std::string_view host) {
  return read_ipv4(host).has_value();
}

bool is_ipv6(std::string_view host) {
  return read_ipv6(host).has_value();
}

bool is_loopback(std::string_view host) {
  if (iequals(host, "localhost") || iequals(host, "localhost.")) return true;
  if (const auto address = read_ipv4(host)) return *address >> 24 == 127;
  const auto groups = read_ipv6(host);
  if (!groups) return false;
  const Groups& g = *groups;
  if (g == Groups{0, 0, 0, 0, 0, 0, 0, 1}) return true;
  const bool mapped = std::all_of(g.begin(), g.begin() + 5, [](auto group) { return group == 0; });
  return mapped && g[5] == 0xFFFF && g[6] >> 8 == 127;
}

Result<HostPort> parse_host_port(std::string_view text) {
  HostPort out;
  std::string_view& port = out.port;
  if (!text.empty() && text[0] == '[') {
    const std::size_t end = text.find(']');
    if (end == std::string_view::npos)
      return Error(Fault::usage, "\"" + printable(text) + "\" has no ] after the IPv6 address");
    auto host = read_bracketed(text.substr(1, end - 1));
    if (!host) return host.error();
    out.host = *std::move(host);
    text.remove_prefix(end + 1);
    if (!text.empty() && text[0] != ':')
      return Error(Fault::usage, "\"" + printable(text) + "\" follows the ] of an IPv6 address");
    out.colon = !text.empty();
    if (out.colon) port = text.substr(1);
  } else {
    const std::size_t colon = text.find(':');
    out.host = ascii_lower(text.substr(0, colon));
    out.colon = colon != std::string_view::npos;
    if (out.colon) port = text.substr(colon + 1);
    if (port.find(':') != std::string_view::npos)
      return Error(Fault::usage, "\"" + printable(text) +
                                     "\" has several colons: write an IPv6 address in brackets, "
                                     "such as [::1]:8080");
    if (!out.host.empty() && out.host != "*") {
      if (auto fault = fault_of_name(out.host)) return *std::move(fault);
    }
  }
  if (port.find_first_not_of("0123456789") != std::string_view::npos)
    return Error(Fault::usage, "port \"" + printable(port) + "\" is not a number");
  return out;
}

Result<std::uint16_t> check_port(std::string_view digits, std::uint16_t least) {
  const auto port = parse_uint(digits);
  if (!port || *port < least || *port > 65535)
    return Error(Fault::usage, "port " + printable(digits, 20) + " is out of range (" +
                                   std::to_string(least) + " to 65535)");
  return static_cast<std::uint16_t>(*port);
}

}  // namespace rt
