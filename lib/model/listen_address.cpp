#include <utility>

#include "base/text.hpp"
#include "model/endpoint.hpp"
#include "model/host.hpp"
#include "model/scheme.hpp"
#include "model/topic.hpp"

namespace rt {
namespace {

Error usage(std::string text) {
  return Error(Fault::usage, std::move(text));
}

bool all_digits(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

}  // namespace

bool ListenAddress::loopback() const {
  return is_loopback(host);
}

Result<ListenAddress> parse_listen_address(std::string_view text) {
  ListenAddress out;
  bool port_required = true;
  if (const auto written = scheme_of(text)) {
    const auto scheme = read_scheme(*written);
    if (!scheme) return scheme.error();
    out.tls = scheme->tls;
    out.port = default_port(scheme->web ? Transport::ws : Transport::mqtt, scheme->tls);
    port_required = false;
    text.remove_prefix(written->size() + 3);
  } else if (auto fault = fault_of_lost_slashes(text)) {
    return *std::move(fault);
  }

  const std::size_t slash = std::min(text.find('/'), text.size());
  const std::string_view authority = text.substr(0, slash);
  const std::string_view path = text.substr(slash);
  if (text.find('?') != std::string_view::npos)
    return usage("a listening address has no query: write %3F for a ? in a channel");
  if (authority.find('@') != std::string_view::npos)
    return usage("a listening address has no user and password");

  const auto read = port_required && all_digits(authority)
                        ? Result<HostPort>(HostPort{"", true, authority})
                        : parse_host_port(authority);
  if (!read) return read.error();
  if (!read->host.empty()) out.host = read->host;
  if (!read->port.empty()) {
    const auto port = check_port(read->port, 0);
    if (!port) return port.error();
    out.port = *port;
  } else if (port_required) {
    return usage("no port in \"" + printable(authority) + "\": write [HOST:]PORT[/CHANNEL]");
  }

  if (path.empty()) return out;
  const ChannelFault fault = check_channel(path);
  if (fault != ChannelFault::none)
    return usage("channel \"" + printable(path) + "\": " + std::string(describe(fault)));
  out.channel = canonical_channel(path);
  return out;
}

}  // namespace rt
