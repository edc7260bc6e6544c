#pragma once

#include <asio/awaitable.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "app/bus.hpp"
#include "app/hub_server.hpp"
#include "app/recorder.hpp"
#include "app/replay_options.hpp"
#include "app/run.hpp"
#include "base/result.hpp"
#include "codec/framing.hpp"
#include "io/mqtt/broker.hpp"
#include "io/process/service_notify.hpp"
#include "model/message.hpp"

namespace rt {

struct ServeOptions {
  HubServerOptions hub;
  std::string scheme = "http";            // of the line that says where it listens: http or ws
  Transport transport = Transport::poll;  // "proto" of the envelopes on stdout
  Framing framing;                        // of stdin and stdout
  // The MQTT side: a broker that is started beside the hub, or one that exists. Not both.
  std::optional<BrokerOptions> mqtt;
  std::optional<BusOptions> bus;
  // What stdin brings is published to the channel; what clients publish goes to stdout.
  bool use_stdio = true;
  bool read_stdin = true;  // with use_stdio
  // In place of stdin, from the first request on.
  std::optional<ReplayOptions> replay;
  RecordOptions record;  // with use_stdio; its URL is the server's own
  bool exit_on_eof = false;
  int output_fd = 1;
  std::string output_name = "stdout";
  ServiceNotify notify;  // who is told when it listens and when it ends
};

// Runs a hub until it is told to stop; then it takes no new connection, ends its streams, and waits
// shortly for what is under way. A broker beside it that dies is started again. Errors: an address
// that cannot be had, a failed stdout, a broker that does not start at first, or a bus that cannot
// be reached at first.
asio::awaitable<Result<void>> serve(Reactor& reactor, Shutdown& shutdown, ServeOptions options);

}  // namespace rt
