#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "model/endpoint.hpp"

namespace rt {

// One end of a route, as the user wrote it.
struct RelayEndpoint {
  enum class Kind : std::uint8_t {
    stdio,  // -
    poll,   // poll+http(s)://
    sse,    // sse+http(s)://
    ws,     // ws(s)://, ws+http(s)://
    mqtt,   // mqtt(s)://
    http,   // http(s)://: a POST for each message
    exec,   // exec:CMD
    file,   // file:PATH
    serve,  // serve+http://, serve+poll://, serve+sse://, serve+ws://, serve+mqtt://
  };

  Kind kind = Kind::stdio;
  Endpoint remote;                     // poll, sse, ws, mqtt, http
  bool topic_in_url = false;           // http: %c was written in it; its target has kTopicPlace
  std::string text;                    // exec: the command; file: the path; never empty there
  ListenAddress listen;                // serve
  Transport served = Transport::poll;  // serve; serve+http is poll

  static constexpr std::string_view kTopicPlace = "%25c";

  bool is_remote() const;  // `remote` is set

  // For people and logs, without secrets: of a command only its program.
  std::string display() const;
};

// Reads "-", a URL with one of the schemes above, exec:CMD, file:PATH (file:///PATH, too) or
// serve+http://[HOST]:PORT[/CHANNEL] (no HOST: loopback; "*": all interfaces). Schemes may be in
// any case. What a scheme could be missing from is a usage error that proposes some, and a misspelt
// one gets a suggestion. No error text has a user, a password or a command in it.
Result<RelayEndpoint> parse_relay_endpoint(std::string_view text);

// Whether it can be read from: http and https cannot, because nothing says how.
Result<void> check_source(const RelayEndpoint& endpoint);

}  // namespace rt
