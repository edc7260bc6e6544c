#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "model/message.hpp"

namespace rt {

// Where to connect to, as the user wrote it (RFC 3986 with the toolkit's schemes).
struct Endpoint {
  Transport transport = Transport::poll;
  bool tls = false;
  bool websocket = false;  // MQTT goes over one, whose own path is said elsewhere
  std::string user;        // decoded; empty: none
  std::string password;    // decoded; never printed
  bool has_password = false;
  std::string host;  // lower case: a name, an IPv4 address, or an IPv6 address without brackets and
                     // with "%zone" when it has one
  std::uint16_t port = 0;    // the scheme's default when the user gave none
  std::string target = "/";  // path and query as they go into the request, at least "/"; for MQTT
                             // "/" and the percent-encoded topic

  std::string path() const;   // target before '?'
  std::string query() const;  // target after '?', or empty
  std::string topic() const;  // of MQTT: the topic or topic filter, decoded; empty: none was named

  // "host:port" with brackets for IPv6 and without its zone, which means nothing to the other side
  // (RFC 6874, section 3); without the port when it is the scheme's default.
  std::string authority() const;
  // For people and logs: the URL with the transport's own scheme (ws, wss, http, https, mqtt,
  // mqtts, mqtt+ws, mqtt+wss) without user and password, and with *** for query values whose names
  // end with token, key, password, secret and the like (access_token, api_key). A topic stands as
  // people write it; only control characters and '%' are percent-encoded.
  std::string display() const;
  // What display() shows of the same with TLS in place of clear text, or the other way round.
  std::string display_otherwise() const;
  // For libcurl: http or https URL without credentials.
  std::string http_url() const;
};

// True for the name of a query parameter whose value is a secret (token, api_key, sig, code ...).
bool names_secret(std::string_view name);
// The same for a header field or a user property of MQTT (Authorization, Cookie, X-Api-Key ...).
bool names_secret_field(std::string_view name);

// Reads a URL. Schemes: ws wss http https, and with a prefix poll+ sse+ ws+ (poll+http, sse+https,
// ws+http ...), mqtt mqtts mqtt+ws mqtt+wss. `preferred` is the program's own transport: http and
// https mean it, and so does a URL without a scheme: "host:8080/x", ":8080/x" and "8080/x"
// (loopback), "host/x". With preferred ws, http and https mean ws and wss; with sse or poll, ws and
// wss mean http and https. Another transport's scheme is a usage error that names the program to
// use (rtws, rtsse, rtpoll, rtmqtt). What people paste into a path (UTF-8, quotes) is
// percent-encoded. A fragment is an error, as are control characters, spaces, a port
// outside 1..65535, malformed percent-encoding and an empty host. For MQTT the path is a topic or a
// topic filter, literal to its end ('#', '?' and spaces too) but for percent-encoding; an invalid
// one is an error. No error text has a user or password in it.
Result<Endpoint> parse_endpoint(std::string_view text, Transport preferred);

// The same for a program that speaks all transports: the scheme says which, and http, https and a
// URL without a scheme mean `http`.
Result<Endpoint> parse_any_endpoint(std::string_view text, Transport http);

// Where to listen: "[HOST:]PORT[/CHANNEL]", or "fd:N[/CHANNEL]" and "fd:NAME[/CHANNEL]".
struct ListenAddress {
  std::string host = "127.0.0.1";  // an address or name; "*" for all interfaces
  std::uint16_t port = 0;          // 0: the system picks one
  std::string channel;             // "/x", or empty when none was named
  bool tls = false;                // it was given as a URL that asks for TLS: https, wss, mqtts
  std::string inherited;           // N or NAME of a socket that a service manager has opened: it
                                   // knows its host and port itself
  bool loopback() const;           // bound to 127.0.0.0/8, ::1 or localhost
};

// "8080", ":8080", "127.0.0.1:8080/x", "*:8080", "[::1]:8080/a/b", "localhost:0". A URL such as
// http://127.0.0.1:8080/x is accepted too, and has its scheme's default port. The channel is
// checked as check_channel does and becomes canonical. "fd:3" is descriptor 3 or a later one,
// "fd:http" what LISTEN_FDNAMES calls so (letters, digits, '-', '_', '.').
Result<ListenAddress> parse_listen_address(std::string_view text);

}  // namespace rt
