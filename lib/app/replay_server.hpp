#pragma once

#include <asio/awaitable.hpp>
#include <string>

#include "app/hub_server.hpp"
#include "app/replay_options.hpp"
#include "app/run.hpp"
#include "base/result.hpp"
#include "codec/framing.hpp"
#include "io/process/service_notify.hpp"
#include "model/message.hpp"

namespace rt {

struct ReplayServerOptions {
  // Its limits, addresses and who may come in; of the hub nothing else.
  HubServerOptions server;
  ReplayOptions replay;                 // of a regular file
  Transport transport = Transport::ws;  // ws: a GET that is no WebSocket's has to ask for events
  Framing framing;                      // of what clients send, on stdout
  int output_fd = 1;
  std::string output_name = "stdout";
  bool ends_when_played = false;  // to one client
  ServiceNotify notify;
};

// Plays a recording to each client, from its beginning and in its time, as a WebSocket or an event
// stream: what the server had sent, and how it had closed. A client that comes back after such an
// end within a minute gets what was recorded behind it; one with a last event id what stood behind
// that. Where the recording ends the connection stays as it is. What clients send goes to stdout.
// Runs until it is told to stop. Errors: an address that cannot be had, a recording that cannot be
// read (usage, with the line), a failed stdout.
asio::awaitable<Result<void>> serve_recording(Reactor& reactor, Shutdown& shutdown,
                                              ReplayServerOptions options);

}  // namespace rt
