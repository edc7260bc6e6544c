#pragma once

#include <asio/awaitable.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "app/run.hpp"
#include "base/result.hpp"
#include "codec/framing.hpp"
#include "engine/hub.hpp"
#include "io/http_front.hpp"
#include "io/hub_service.hpp"
#include "io/ws_server.hpp"
#include "model/endpoint.hpp"

namespace rt {

struct ServeOptions {
  ListenAddress address;
  std::string scheme = "http";            // of the line that says where it listens: http or ws
  Transport transport = Transport::poll;  // "proto" of the envelopes on stdout
  HubLimits limits;
  HubServiceOptions service;
  HttpFrontOptions front;
  WsServerOptions websocket;
  Framing framing;  // of stdin and stdout
  // What stdin brings is published to the channel; what clients publish goes to stdout.
  bool use_stdio = true;
  bool read_stdin = true;  // with use_stdio
  bool exit_on_eof = false;
  int output_fd = 1;
  std::string output_name = "stdout";
};

// Runs a hub until it is told to stop; then it takes no new connection, ends its streams, and waits
// shortly for what is under way. Errors: an address that cannot be had, or a failed stdout.
asio::awaitable<Result<void>> serve(Reactor& reactor, Shutdown& shutdown, ServeOptions options);

}  // namespace rt
