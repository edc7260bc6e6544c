#include "app/compare/ends.hpp"

#include "app/end_options.hpp"

namespace rt {
namespace {

using Kind = RelayEndpoint::Kind;

constexpr const char* kChannel = "compare";

// Nothing of the environment lies between: no proxy.
EndOptions end_options(Kind kind, Transport transport, std::uint16_t port) {
  EndOptions end;
  end.endpoint.kind = kind;
  Endpoint& remote = end.endpoint.remote;
  remote.transport = transport;
  remote.host = "127.0.0.1";
  remote.port = port;
  remote.target = std::string("/") + kChannel;
  end.name = remote.display();
  end.reconnect.tell = false;
  end.reconnect.advise = false;
  end.http.network.proxy = "";
  end.websocket.endpoint = remote;
  end.websocket.network.proxy = "";
  end.mqtt.endpoint = remote;
  end.mqtt.network.proxy = "";
  end.sse.url = end.poll.url = end.publish.url = remote.http_url();
  return end;
}

std::uint8_t qos_of(ComparedWay way) {
  return static_cast<std::uint8_t>(static_cast<int>(way) - static_cast<int>(ComparedWay::mqtt0));
}

}  // namespace

std::unique_ptr<RemoteEnd> compared_reader(Reactor& reactor, const CompareOptions& options,
                                           ComparedWay way, std::uint16_t port,
                                           std::size_t number) {
  constexpr EndUse kReads{.read = true, .write = false};
  switch (way) {
    case ComparedWay::poll:
    case ComparedWay::poll_cursor:
    case ComparedWay::long_poll: {
      EndOptions end = end_options(Kind::poll, Transport::poll, port);
      end.poll.pace.interval = options.poll_every;
      end.poll.takes_windows = way != ComparedWay::poll;
      if (way == ComparedWay::long_poll) end.poll.wait = 30s;
      return make_remote_end(reactor, end, kReads);
    }
    case ComparedWay::sse:
      return make_remote_end(reactor, end_options(Kind::sse, Transport::sse, port), kReads);
    case ComparedWay::ws:
    case ComparedWay::ws_hub: {
      EndOptions end = end_options(Kind::ws, Transport::ws, port);
      end.websocket.hub = way == ComparedWay::ws_hub;
      return make_remote_end(reactor, end, kReads);
    }
    case ComparedWay::mqtt0:
    case ComparedWay::mqtt1:
    case ComparedWay::mqtt2:
      break;
  }
  EndOptions end = end_options(Kind::mqtt, Transport::mqtt, port);
  end.mqtt.qos = qos_of(way);
  end.mqtt.filters = {kChannel};
  if (end.mqtt.qos > 0) {
    // A session, so that the broker keeps what is sent while the connection is cut.
    end.mqtt.client_id = "compare-" + std::to_string(number);
    end.mqtt.clean = false;
    end.mqtt.session_expiry = std::chrono::seconds(3600);
  }
  return make_remote_end(reactor, end, kReads);
}

std::unique_ptr<RemoteEnd> compared_publisher(Reactor& reactor, ComparedWay way,
                                              std::uint16_t port) {
  constexpr EndUse kWrites{.read = false, .write = true};
  if (!is_mqtt(way)) {
    EndOptions end = end_options(Kind::http, Transport::poll, port);
    end.publish.hub = true;
    return make_remote_end(reactor, end, kWrites);
  }
  EndOptions end = end_options(Kind::mqtt, Transport::mqtt, port);
  end.mqtt.qos = qos_of(way);
  end.mqtt.topic = kChannel;
  return make_remote_end(reactor, end, kWrites);
}

}  // namespace rt
