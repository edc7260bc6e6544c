#include "serve_wiring.hpp"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>

#include "io/stdio.hpp"

namespace rt {

Framing framing_of(const Options& options) {
  Framing framing;
  switch (options.framing) {
    case StreamFraming::lines:
      framing.kind = FramingKind::lines;
      break;
    case StreamFraming::null_byte:
      framing.kind = FramingKind::null_byte;
      break;
    case StreamFraming::delimiter:
      framing.kind = FramingKind::delimiter;
      break;
    case StreamFraming::length_prefix:
      framing.kind = FramingKind::length_prefix;
      break;
    case StreamFraming::json:
      framing.kind = FramingKind::json;
      break;
    case StreamFraming::raw:
      framing.kind = FramingKind::raw;
      break;
  }
  framing.delimiter = options.delimiter;
  framing.max_message = options.max_message;
  return framing;
}

Result<int> open_output(const std::string& path) {
  if (path.empty() || path == "-") return 1;
  const int fd = open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (fd < 0) return system_error(Fault::other, "cannot write to " + path, errno);
  return fd;
}

Result<ServeOptions> serve_options(Program program, const Options& options) {
  Result<ListenAddress> address = parse_listen_address(options.listen);
  if (!address) return address.error();
  if (address->tls)
    return Error(Fault::usage,
                 "serving over TLS is not possible yet: listen in clear text behind a TLS proxy");
  const Result<int> output = open_output(options.output);
  if (!output) return output.error();

  ServeOptions server;
  server.address = *address;
  server.scheme = program == Program::rtws ? "ws" : "http";
  server.transport = program == Program::rtws    ? Transport::ws
                     : program == Program::rtsse ? Transport::sse
                                                 : Transport::poll;
  server.limits.memory = options.memory;
  server.limits.history = options.history;
  server.limits.history_bytes = options.history_bytes;
  server.limits.history_age = options.history_age;
  server.limits.max_channels = options.max_channels;
  server.limits.max_message = options.max_message;
  server.service.access.loopback = address->loopback();
  server.service.access.allow_origins = options.allow_origins;
  server.service.access.allow_hosts = options.allow_hosts;
  server.service.output_channel = address->channel;
  server.service.relay = !options.no_relay;
  server.service.echo = options.echo;
  server.service.heartbeat = options.heartbeat;
  server.service.sse_retry = options.sse_retry;
  // A batch of envelopes is longer than the messages in it.
  server.front.limits.max_body = options.max_message + options.max_message / 2 + (1u << 20);
  server.front.max_bodies = std::max(options.memory, 2 * server.front.limits.max_body);
  server.front.max_unsent = server.front.max_bodies;
  server.websocket.max_partial = server.front.max_bodies;
  server.front.max_connections = options.max_connections;
  server.websocket.max_message = options.max_message;
  server.websocket.ping_interval = options.heartbeat;
  server.framing = framing_of(options);
  // The hub alone is a server in the background; the others, and a hub with a channel of its own,
  // are ends of a pipe.
  server.use_stdio = program != Program::rtrelay || !address->channel.empty();
  // A server reads stdin when it is piped or CHANNEL is named.
  server.read_stdin = !stdin_is_terminal() || !address->channel.empty();
  server.exit_on_eof = options.exit_on_eof;
  server.output_fd = *output;
  if (*output != 1) server.output_name = options.output;
  return server;
}

}  // namespace rt
