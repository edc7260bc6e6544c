#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace rt {

// Four decimal numbers from 0 to 255 without leading zeros (RFC 3986, section 3.2.2).
bool is_ipv4(std::string_view host);
// An IPv6 address (RFC 4291, section 2.2) without brackets and zone.
bool is_ipv6(std::string_view host);

// Nobody but this machine can reach it: 127.0.0.0/8, ::1, either in IPv6's mapped form, localhost.
bool is_loopback(std::string_view host);

// "HOST[:PORT]", of a URL's authority or a listener.
struct HostPort {
  std::string host;  // lower case; an IPv6 address without brackets, with "%zone" when it has one
  bool colon = false;
  std::string_view port;  // digits of the text that was read, or empty
};

// Reads it. The host may be empty or "*"; else it is an address or a name of letters, digits, '-',
// '_' and '.'. An IPv6 address stands in brackets.
Result<HostPort> parse_host_port(std::string_view text);

// The port when it is within [least, 65535].
Result<std::uint16_t> check_port(std::string_view digits, std::uint16_t least);

}  // namespace rt
