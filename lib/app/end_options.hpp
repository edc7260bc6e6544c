#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "app/argument_messages.hpp"
#include "app/end_handling.hpp"
#include "app/hub_server.hpp"
#include "app/reconnect.hpp"
#include "app/relay_losses.hpp"
#include "codec/framing.hpp"
#include "io/http/client.hpp"
#include "io/http/engine_io.hpp"
#include "io/http/event_stream.hpp"
#include "io/http/poll.hpp"
#include "io/http/publisher.hpp"
#include "io/mqtt/broker.hpp"
#include "io/mqtt/client.hpp"
#include "io/stdio/file_appender.hpp"
#include "io/websocket/client.hpp"
#include "model/defaults.hpp"
#include "model/relay_endpoint.hpp"

namespace rt {

// One end with everything that its kind needs; the rest is not looked at.
struct EndOptions {
  RelayEndpoint endpoint;
  std::string name;  // for people
  ReconnectOptions reconnect;
  // What is refused for itself is passed over and told; else it is an error of the write.
  bool skip_refused = false;
  Skipped::Keep keep_refused = {};  // where such messages go then; none: they are lost
  bool publish_by_channel = false;  // by HTTP: each message to its own channel below the URL
  HttpOptions http;
  SseOptions sse;
  std::vector<Argument> request_body;  // of sse and poll
  PollOptions poll;
  PublishOptions publish;
  std::optional<EngineIoOptions> engine_io;  // of poll and http, in the place of both
  WsClientOptions websocket;
  MqttClientOptions mqtt;  // for serve+mqtt, too, without its endpoint
  HubServerOptions hub;
  BrokerOptions broker;
  EndHandling handling;                // in a relay
  bool from_start = false;             // of a file as a source
  FileRotation rotation = {};          // of a file as a sink
  bool ack_lines = false;              // of exec as a sink: a line of it is an acknowledgement
  Framing framing;                     // of stdio, exec and file
  std::optional<Transport> transport;  // "proto" of the envelopes that they write
  int output_fd = 1;
  std::string output_name = "stdout";
  std::size_t buffer = defaults::kBuffer;  // of a source that cannot be held
};

}  // namespace rt
