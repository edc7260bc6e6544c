// The input is what a user writes as a URL, as an address to listen on and as an end of a route.
// Then a password stands before it, which nothing may show.
#include "model/endpoint.hpp"

#include <array>
#include <string>

#include "base/text.hpp"
#include "fuzz.hpp"
#include "model/relay_endpoint.hpp"
#include "model/topic.hpp"

namespace {

using rt::Endpoint;
using rt::ListenAddress;
using rt::RelayEndpoint;
using rt::Result;
using rt::Transport;
using rt::fuzz::require;

constexpr std::array kTransports = {Transport::poll, Transport::sse, Transport::ws,
                                    Transport::mqtt};
constexpr std::string_view kSecret = "hunter2hunter2";

// What goes to a terminal: in one line, without control characters.
void check_shown(std::string_view text) {
  require(!text.empty() && rt::valid_utf8(text));
  for (const char c : text) require(static_cast<unsigned char>(c) >= 0x20 && c != 0x7F);
  require(text.find(kSecret) == std::string_view::npos);
}

void check_error(const rt::Error& error) {
  require(error.fault() == rt::Fault::usage);
  check_shown(error.text());
}

// What goes into a request line.
void check_target(const Endpoint& endpoint) {
  require(!endpoint.target.empty() && endpoint.target[0] == '/');
  for (const char c : endpoint.target + endpoint.host)
    require(static_cast<unsigned char>(c) > 0x20 && c != 0x7F);
  require(endpoint.path() + (endpoint.target.find('?') == std::string::npos ? "" : "?") +
              endpoint.query() ==
          endpoint.target);
}

// The URL for libcurl means the same.
void check_http_url(const Endpoint& endpoint) {
  const auto again = rt::parse_endpoint(endpoint.http_url(), Transport::poll);
  require(again.ok());
  require(again->host == endpoint.host && again->tls == endpoint.tls);
  require(again->target == endpoint.target);
  // The scheme's default, which the URL leaves out, is the same for ws and http.
  require(again->port == endpoint.port);
}

void check_endpoint(const Result<Endpoint>& endpoint) {
  if (!endpoint) return check_error(endpoint.error());
  require(!endpoint->host.empty() && endpoint->port != 0);
  check_target(*endpoint);
  check_shown(endpoint->display());
  check_shown(endpoint->authority());
  if (endpoint->transport == Transport::mqtt) {
    const std::string topic = endpoint->topic();
    require(topic.empty() || rt::valid_filter(topic));
  } else {
    check_http_url(*endpoint);
  }
}

void check_listen(std::string_view text) {
  const auto listen = rt::parse_listen_address(text);
  if (!listen) return check_error(listen.error());
  if (!listen->inherited.empty()) return check_shown(listen->inherited);
  require(!listen->host.empty());
  if (!listen->channel.empty()) {
    require(rt::check_channel(listen->channel) == rt::ChannelFault::none);
    require(rt::canonical_channel(listen->channel) == listen->channel);
  }
  const bool v6 = listen->host.find(':') != std::string::npos;
  // A zone may begin with 25 itself.
  std::string host = listen->host;
  if (const std::size_t zone = host.find('%'); v6 && zone != std::string::npos)
    host.insert(zone + 1, "25");
  const auto again = rt::parse_listen_address((v6 ? "[" + host + "]" : host) + ":" +
                                              std::to_string(listen->port) + listen->channel);
  require(again.ok() && again->host == listen->host && again->port == listen->port);
  require(again->channel == listen->channel && again->loopback() == listen->loopback());
}

void check_relay(std::string_view text) {
  const auto end = rt::parse_relay_endpoint(text);
  if (!end) return check_error(end.error());
  check_shown(end->display());
  if (end->is_remote()) check_endpoint(end->remote);
  if (const auto source = rt::check_source(*end); !source) check_error(source.error());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = rt::fuzz::text(data, size);
  if (text.find(kSecret.substr(0, 7)) != std::string_view::npos) return 0;
  for (const Transport transport : kTransports) {
    check_endpoint(rt::parse_endpoint(text, transport));
    check_endpoint(rt::parse_any_endpoint(text, transport));
  }
  check_listen(text);
  check_relay(text);

  const std::string userinfo = "user:" + std::string(kSecret) + "@" + std::string(text);
  check_endpoint(rt::parse_endpoint(userinfo, Transport::ws));
  check_endpoint(rt::parse_endpoint("mqtt://" + userinfo, Transport::mqtt));
  check_listen(userinfo);
  check_relay("ws://" + userinfo);
  check_relay("exec:cat " + std::string(kSecret) + std::string(text));
  return 0;
}
