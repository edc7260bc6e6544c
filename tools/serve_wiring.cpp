#include "serve_wiring.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>

#include "base/log.hpp"
#include "base/text.hpp"
#include "end_wiring.hpp"
#include "io/stdio/standard_streams.hpp"
#include "model/command_words.hpp"
#include "model/defaults.hpp"
#include "mqtt_wiring.hpp"
#include "recording_wiring.hpp"

namespace rt {

Framing framing_of(const Options& options) {
  Framing framing;
  framing.kind = options.framing;
  framing.delimiter = options.delimiter;
  framing.max_message = options.max_message;
  framing.escape = options.escape;
  framing.crlf = options.crlf;
  framing.whole = options.whole;
  if (!options.format.empty()) {
    if (Result<MessageFormat> format = parse_format(options.format))
      framing.format = std::make_shared<const MessageFormat>(*std::move(format));
  }
  return framing;
}

Result<int> open_output(const std::string& path) {
  if (path.empty() || path == "-") return 1;
  const int fd = open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
  if (fd < 0)
    return system_error(Fault::usage, "--output " + printable(path) + ": cannot write", errno);
  return fd;
}

namespace {

// How others on its network may call this machine.
void add_machine_names(std::vector<std::string>& names) {
  char name[256] = {};
  if (gethostname(name, sizeof name - 1) != 0 || name[0] == '\0') return;
  const std::string whole = name;
  const std::string first = whole.substr(0, whole.find('.'));
  names.insert(names.end(), {whole, first, first + ".local"});
}

}  // namespace

namespace {

constexpr std::size_t kMessagesInBroker = 4;  // it has a packet twice before it passes it on
constexpr std::size_t kLeastBrokerMemory = 4u << 20;

}  // namespace

HubServerOptions hub_options(const Options& options, const ListenAddress& address) {
  HubServerOptions hub;
  hub.address = address;
  hub.limits.memory = options.memory;
  hub.limits.history = options.history;
  hub.limits.history_bytes = options.history_bytes;
  hub.limits.history_age = options.history_age;
  hub.limits.max_channels = options.max_channels;
  hub.limits.max_message = std::min(options.max_message, options.memory / 2);
  hub.service.access.allow_origins = options.allow_origins;
  hub.service.access.allow_hosts = options.allow_hosts;
  if (!address.loopback()) add_machine_names(hub.service.access.allow_hosts);
  hub.service.base_path = options.base_path;
  hub.service.output_channel = address.channel;
  hub.service.relay = !options.no_relay;
  hub.service.echo = options.echo;
  hub.service.heartbeat = options.heartbeat;
  hub.service.sse_retry = options.sse_retry;
  hub.service.subprotocols = options.subprotocols;
  // A batch of envelopes is longer than the messages in it.
  const std::size_t longest = hub.limits.max_message;
  hub.front.limits.max_body = defaults::body_for(longest);
  hub.held = std::max(options.memory / 2, 2 * hub.front.limits.max_body);
  hub.front.max_connections = options.max_connections;
  hub.websocket.max_message = longest;
  hub.websocket.ping_interval = options.heartbeat;
  hub.websocket.compress = options.compress;
  return hub;
}

void bound_broker(BrokerOptions& broker, std::size_t memory, std::size_t max_message) {
  broker.memory = std::max(memory, kLeastBrokerMemory);
  broker.max_message = std::min(max_message, broker.memory / kMessagesInBroker);
}

namespace {

Result<void> fill_mqtt_side(const Options& options, ServeOptions& server) {
  if (!options.store.empty() && options.mqtt_listen.empty())
    return Error(Fault::usage, "--store needs --mqtt: it is the broker that keeps its state there");
  if (options.mqtt_listen.empty() && options.bus.empty()) return {};
  if (options.no_relay)
    return Error(Fault::usage,
                 "--no-relay keeps nothing that MQTT could carry: leave it out, or --bus and "
                 "--mqtt");
  if (!options.mqtt_listen.empty()) {
    Result<ListenAddress> address = parse_listen_address(options.mqtt_listen);
    if (!address) return address.error().within("--mqtt");
    server.mqtt.emplace();
    server.mqtt->address = *address;
    server.mqtt->store = options.store;
    server.mqtt->max_connections = options.max_connections;
    // Beside the hub's own.
    bound_broker(*server.mqtt, options.memory / 2, server.hub.limits.max_message);
    return {};
  }
  Result<Endpoint> endpoint = parse_endpoint(options.bus, Transport::mqtt);
  if (!endpoint) return endpoint.error().within("--bus");
  if (auto good = check_psk(options, *endpoint); !good) return good.error();
  Result<Credentials> credentials = credentials_for(options, *endpoint);
  if (!credentials) return credentials.error();
  server.bus.emplace();
  server.bus->retry_first = options.retry;
  server.bus->most_pause = options.retry_max_delay;
  MqttClientOptions& mqtt = server.bus->mqtt;
  mqtt.endpoint = *endpoint;
  mqtt.tls = options.tls;
  mqtt.network = options.network;
  mqtt.carrier = websocket_below(options, *endpoint);
  mqtt.user = credentials->user;
  if (!mqtt.user.empty()) mqtt.password = credentials->password;
  mqtt.connect_timeout = options.connect_timeout;
  mqtt.max_message = options.max_message;
  return {};
}

}  // namespace

namespace {

// The sockets that a service manager has opened, when they are asked for. One that is passed and
// not accepted from would leave its clients waiting for ever.
Result<std::vector<InheritedSocket>> take_sockets(ListenAddress& address) {
  const InheritedSockets passed = InheritedSockets::take();
  std::vector<InheritedSocket> used;
  if (!address.inherited.empty()) {
    Result<std::vector<InheritedSocket>> found = passed.find(address.inherited);
    if (!found) return found.error();
    used = *std::move(found);
    address.host = used.front().address.host;
    address.port = used.front().address.port;
    // One that others can reach makes the hub a server for others.
    for (const InheritedSocket& socket : used)
      if (!socket.address.loopback()) address.host = socket.address.host;
  }
  if (const std::string unused = passed.unused(used); !unused.empty())
    Log::warn(unused +
              " was passed to this program, too, and is not used: serve takes fd:N, or "
              "all of a name with fd:NAME");
  return used;
}

}  // namespace

Result<ServeOptions> serve_options(Program program, const Options& options) {
  Result<ListenAddress> address = parse_listen_address(options.listen);
  if (!address) return address.error();
  if (address->tls)
    return Error(Fault::usage,
                 "serving over TLS is not possible yet: listen in clear text behind a TLS proxy");
  Result<std::vector<InheritedSocket>> sockets = take_sockets(*address);
  if (!sockets) return sockets.error();
  const Result<int> output = open_output(options.output);
  if (!output) return output.error();

  ServeOptions server;
  server.notify = ServiceNotify::take();
  server.scheme = program == Program::rtws ? "ws" : "http";
  server.transport = transport_of(program);
  server.hub = hub_options(options, *address);
  server.hub.sockets = *std::move(sockets);
  server.framing = framing_of(options);
  // The hub alone is a server in the background; the others, and a hub with a channel of its own,
  // are ends of a pipe.
  server.use_stdio = program != Program::rtrelay || !address->channel.empty();
  // A server reads stdin when it is piped or CHANNEL is named.
  server.read_stdin = !stdin_is_terminal() || !address->channel.empty();
  Result<RecordOptions> record = record_options(program, options, {});
  if (!record) return record.error();
  server.record = *std::move(record);
  if (!options.replay.empty()) {
    Result<ReplayOptions> replay = replay_options(options);
    if (!replay) return replay.error();
    server.replay = *std::move(replay);
  }
  server.exit_on_eof = options.exit_on_eof;
  if (Result<void> filled = fill_mqtt_side(options, server); !filled) return filled.error();
  server.output_fd = *output;
  if (*output != 1) server.output_name = options.output;
  return server;
}

Result<ReplayServerOptions> replay_server_options(Program program, const Options& options) {
  Result<ListenAddress> address = parse_listen_address(options.listen);
  if (!address) return address.error();
  if (address->tls)
    return Error(Fault::usage,
                 "serving over TLS is not possible yet: listen in clear text behind a TLS proxy");
  Result<std::vector<InheritedSocket>> sockets = take_sockets(*address);
  if (!sockets) return sockets.error();
  Result<ReplayOptions> replay = replay_options(options);
  if (!replay) return replay.error();
  if (!replay->size)
    return Error(Fault::usage, replay->name +
                                   ": is no regular file, and each client gets it from "
                                   "its beginning");
  const Result<int> output = open_output(options.output);
  if (!output) return output.error();
  ReplayServerOptions server;
  server.notify = ServiceNotify::take();
  server.server = hub_options(options, *address);
  server.server.sockets = *std::move(sockets);
  server.replay = *std::move(replay);
  server.transport = transport_of(program);
  server.framing = framing_of(options);
  server.ends_when_played = options.exit_on_eof;
  server.output_fd = *output;
  if (*output != 1) server.output_name = options.output;
  return server;
}

Result<ExecServerOptions> exec_server_options(const Options& options) {
  Result<ListenAddress> address = parse_listen_address(options.listen);
  if (!address) return address.error();
  if (address->tls)
    return Error(Fault::usage,
                 "serving over TLS is not possible yet: listen in clear text behind a TLS proxy");
  Result<std::vector<InheritedSocket>> sockets = take_sockets(*address);
  if (!sockets) return sockets.error();
  Result<std::vector<std::string>> words = std::vector<std::string>{"sh", "-c", options.exec};
  if (!options.shell) words = split_command(options.exec);
  if (!words) return words.error().within("--exec");
  ExecServerOptions server;
  server.notify = ServiceNotify::take();
  server.server = hub_options(options, *address);
  server.server.sockets = *std::move(sockets);
  server.command.words = *std::move(words);
  server.command.framing = framing_of(options);
  server.command.send_as = options.send_as;
  server.max_children = options.max_children;
  return server;
}

}  // namespace rt
