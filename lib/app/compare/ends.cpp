#include "app/compare/ends.hpp"

#include "app/end_options.hpp"

namespace rt {
namespace {

using Kind = RelayEndpoint::Kind;

constexpr EndUse kReads{.read = true, .write = false};
constexpr EndUse kWrites{.read = false, .write = true};
constexpr EndUse kBoth{.read = true, .write = true};

// Where an end reads and where it writes. Over a WebSocket that is one channel, in which nobody has
// what he sends.
struct Channels {
  std::string read;
  std::string write;
};

constexpr const char* kChannel = "compare";

Channels channels_of_asker(ComparedWay way, std::size_t number) {
  const std::string own = kChannel + ("/" + std::to_string(number));
  if (is_websocket(way)) return {own, own};
  return {own + "/down", own + "/up"};
}

// Nothing of the environment lies between: no proxy.
EndOptions end_options(Kind kind, Transport transport, std::uint16_t port,
                       const Channels& channels) {
  EndOptions end;
  end.endpoint.kind = kind;
  Endpoint& remote = end.endpoint.remote;
  remote.transport = transport;
  remote.host = "127.0.0.1";
  remote.port = port;
  remote.target = "/" + channels.write;
  end.publish.url = remote.http_url();
  remote.target = "/" + channels.read;
  end.sse.url = end.poll.url = remote.http_url();
  end.name = remote.display();
  end.reconnect.tell = false;
  end.reconnect.advise = false;
  end.http.network.proxy = "";
  end.websocket.endpoint = remote;
  end.websocket.network.proxy = "";
  end.mqtt.endpoint = remote;
  end.mqtt.network.proxy = "";
  return end;
}

std::uint8_t qos_of(ComparedWay way) {
  return static_cast<std::uint8_t>(static_cast<int>(way) - static_cast<int>(ComparedWay::mqtt0));
}

EndOptions polling_end(const CompareOptions& options, ComparedWay way, std::uint16_t port,
                       const Channels& channels) {
  EndOptions end = end_options(Kind::poll, Transport::poll, port, channels);
  end.poll.pace.interval = options.poll_every;
  end.poll.takes_windows = way != ComparedWay::poll;
  if (way == ComparedWay::long_poll) end.poll.wait = 30s;
  return end;
}

EndOptions mqtt_end(ComparedWay way, std::uint16_t port, const Channels& channels, EndUse use) {
  EndOptions end = end_options(Kind::mqtt, Transport::mqtt, port, channels);
  end.mqtt.qos = qos_of(way);
  if (use.read) end.mqtt.filters = {channels.read};
  if (use.write) end.mqtt.topic = channels.write;
  return end;
}

// A session, so that the broker keeps what is sent while the connection is cut.
void keep_session(EndOptions& end, std::size_t number) {
  if (end.mqtt.qos == 0) return;
  end.mqtt.client_id = "compare-" + std::to_string(number);
  end.mqtt.clean = false;
  end.mqtt.session_expiry = std::chrono::seconds(3600);
}

std::unique_ptr<RemoteEnd> client(Reactor& reactor, const CompareOptions& options, ComparedWay way,
                                  std::uint16_t port, std::size_t number, const Channels& channels,
                                  EndUse use) {
  switch (way) {
    case ComparedWay::poll:
    case ComparedWay::poll_cursor:
    case ComparedWay::long_poll:
      return make_remote_end(reactor, polling_end(options, way, port, channels), use);
    case ComparedWay::sse:
      return make_remote_end(reactor, end_options(Kind::sse, Transport::sse, port, channels), use);
    case ComparedWay::ws:
    case ComparedWay::ws_hub: {
      EndOptions end = end_options(Kind::ws, Transport::ws, port, channels);
      end.websocket.hub = way == ComparedWay::ws_hub;
      end.skip_refused = true;  // nobody is told that what was sent before is not sent again
      return make_remote_end(reactor, end, use);
    }
    case ComparedWay::mqtt0:
    case ComparedWay::mqtt1:
    case ComparedWay::mqtt2:
      break;
  }
  EndOptions end = mqtt_end(way, port, channels, use);
  keep_session(end, number);
  return make_remote_end(reactor, end, use);
}

}  // namespace

std::unique_ptr<RemoteEnd> compared_reader(Reactor& reactor, const CompareOptions& options,
                                           ComparedWay way, std::uint16_t port,
                                           std::size_t number) {
  return client(reactor, options, way, port, number, {kChannel, kChannel}, kReads);
}

std::unique_ptr<RemoteEnd> compared_publisher(Reactor& reactor, ComparedWay way,
                                              std::uint16_t port) {
  const Channels channels{kChannel, kChannel};
  if (is_mqtt(way))
    return make_remote_end(reactor, mqtt_end(way, port, channels, kWrites), kWrites);
  EndOptions end = end_options(Kind::http, Transport::poll, port, channels);
  end.publish.hub = true;
  return make_remote_end(reactor, end, kWrites);
}

std::unique_ptr<RemoteEnd> compared_asker(Reactor& reactor, const CompareOptions& options,
                                          ComparedWay way, std::uint16_t port, std::size_t number) {
  return client(reactor, options, way, port, number, channels_of_asker(way, number), kBoth);
}

std::unique_ptr<RemoteEnd> compared_answerer(Reactor& reactor, ComparedWay way, std::uint16_t port,
                                             std::size_t number) {
  const Channels asker = channels_of_asker(way, number);
  const Channels channels{asker.write, asker.read};
  if (is_mqtt(way)) return make_remote_end(reactor, mqtt_end(way, port, channels, kBoth), kBoth);
  EndOptions end = is_websocket(way) ? end_options(Kind::ws, Transport::ws, port, channels)
                                     : end_options(Kind::sse, Transport::sse, port, channels);
  end.websocket.hub = true;
  end.publish.hub = true;
  return make_remote_end(reactor, end, kBoth);
}

}  // namespace rt
