#include <algorithm>
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

constexpr std::string_view kInherited = "fd:";
constexpr std::uint64_t kFirstInherited = 3;

bool is_socket_name(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' ||
           c == '_' || c == '.';
  });
}

Result<void> take_channel(std::string_view path, ListenAddress& out) {
  if (path.empty()) return {};
  const ChannelFault fault = check_channel(path);
  if (fault != ChannelFault::none)
    return usage("channel \"" + printable(path) + "\": " + std::string(describe(fault)));
  out.channel = canonical_channel(path);
  return {};
}

// What stands behind "fd:".
Result<ListenAddress> read_inherited(std::string_view text) {
  const std::string_view which = text.substr(0, text.find('/'));
  const std::string shown = "\"fd:" + printable(text) + "\"";
  if (!is_socket_name(which))
    return usage("no socket in " + shown + ": write fd:N or fd:NAME, such as fd:3");
  if (all_digits(which) && parse_uint(which).value_or(kFirstInherited) < kFirstInherited)
    return usage("no socket in " + shown + ": what a service manager passes begins at fd:3");
  ListenAddress out;
  out.inherited = which;
  if (Result<void> taken = take_channel(text.substr(which.size()), out); !taken)
    return taken.error();
  return out;
}

}  // namespace

bool ListenAddress::loopback() const {
  return is_loopback(host);
}

Result<ListenAddress> parse_listen_address(std::string_view text) {
  ListenAddress out;
  bool port_required = true;
  if (text.find('?') != std::string_view::npos)
    return usage("a listening address has no query: write %3F for a ? in a channel");
  if (iequals(text.substr(0, kInherited.size()), kInherited))
    return read_inherited(text.substr(kInherited.size()));
  if (const auto written = scheme_of(text)) {
    const auto scheme = read_scheme(*written);
    if (!scheme) return scheme.error();
    if (!scheme->web && scheme->websocket)
      return usage("MQTT over WebSocket comes to the port of a hub that has --mqtt or --bus");
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

  if (Result<void> taken = take_channel(path, out); !taken) return taken.error();
  return out;
}

}  // namespace rt
