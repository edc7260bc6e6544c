#include "app/hub_server.hpp"

#include "app/memory_return.hpp"
#include "base/random.hpp"
#include "engine/memory_log.hpp"
#include "io/hub/mqtt_tunnel.hpp"
#include "io/loop/deadlines.hpp"
#include "io/loop/notifier.hpp"
#include "io/loop/socket_poller.hpp"

namespace rt {
// In this order: sockets go before what they write from.
struct HubServer::State {
  State(Reactor& its_reactor, HubServerOptions options)
      : reactor(its_reactor),
        address(std::move(options.address)),
        base_path(options.service.base_path),
        sockets(std::move(options.sockets)),
        head_time(options.front.request_time),
        poller(make_socket_poller(reactor)),
        deadlines(reactor),
        log(Random::from_system().next()),
        hub(options.limits, log.start()),
        service(reactor, deadlines, hub, log, std::move(options.service)),
        gone(reactor.executor()),
        holdings(options.held),
        websockets(reactor, deadlines, holdings, options.websocket),
        front(reactor, *poller, deadlines, holdings, websockets, service, options.front),
        memory_return(deadlines, [this] { return held(); }) {
    service.pages().add_metrics(this, [this] { return metrics(); });
    front.on_empty([this] { gone.notify_all(); });
    websockets.on_empty([this] { gone.notify_all(); });
  }

  std::string url(const std::string& scheme, const ListenAddress& at,
                  const std::string& channel) const {
    return listen_url(scheme, at) + base_path + (channel.empty() ? "/" : channel);
  }

  MemoryReturn::Held held() {
    return {hub.memory_used() + hub.pinned() + holdings.held() + service.pause().waiting(),
            hub.take_highest() + holdings.take_highest()};
  }

  std::vector<Metric> metrics() const {
    return {{"connections", "gauge", "Connections that are open.",
             front.connections() + websockets.connections()},
            {"held_bytes", "gauge", "Bytes held for peers: of what is not whole or not taken.",
             holdings.held()},
            {"held_given_up_total", "counter", "Peers that lost what was held for them.",
             holdings.given_up()}};
  }

  Reactor& reactor;
  ListenAddress address;
  std::string base_path;
  std::vector<InheritedSocket> sockets;
  Milliseconds head_time;
  std::unique_ptr<SocketPoller> poller;
  Deadlines deadlines;
  MemoryLog log;
  Hub hub;
  HubService service;
  std::optional<MqttTunnels> tunnels;
  Notifier gone;  // the last connection of a kind has
  Holdings holdings;
  WsServer websockets;
  HttpFront front;
  MemoryReturn memory_return;
};

HubServer::HubServer(Reactor& reactor, HubServerOptions options)
    : state_(std::make_unique<State>(reactor, std::move(options))) {}

HubServer::~HubServer() = default;

Result<std::uint16_t> HubServer::listen() {
  for (const InheritedSocket& socket : state_->sockets) {
    if (Result<void> adopted = state_->front.adopt(socket); !adopted) return adopted.error();
  }
  if (!state_->sockets.empty()) return state_->address.port = state_->sockets[0].address.port;
  Result<std::uint16_t> port = state_->front.listen(state_->address);
  if (port) state_->address.port = *port;
  return port;
}

std::string HubServer::url(const std::string& scheme, const std::string& channel) const {
  return state_->url(scheme, state_->address, channel);
}

std::vector<std::string> HubServer::urls(const std::string& scheme,
                                         const std::string& channel) const {
  if (state_->sockets.empty()) return {url(scheme, channel)};
  std::vector<std::string> out;
  for (const InheritedSocket& socket : state_->sockets)
    out.push_back(state_->url(scheme, socket.address, channel));
  return out;
}

HubService& HubServer::service() {
  return state_->service;
}

void HubServer::tunnel_mqtt(MakeCarrier broker, std::size_t descriptors) {
  std::optional<MqttTunnels>& tunnels = state_->tunnels;
  // A CONNECT is what a head is to HTTP.
  tunnels.emplace(state_->reactor, state_->deadlines,
                  MqttTunnelsOptions{std::move(broker), descriptors, state_->head_time});
  state_->front.count_also([&tunnels] { return tunnels->descriptors(); });
  state_->service.on_mqtt_socket([&tunnels]() -> WebSocketListener& { return tunnels->make(); });
}

asio::awaitable<void> HubServer::drain(SteadyTime until) {
  State& state = *state_;
  state.service.pause().end();
  state.front.drain();
  state.service.drain();
  state.websockets.drain();
  while ((state.front.connections() > 0 || state.websockets.connections() > 0) &&
         std::chrono::steady_clock::now() < until)
    co_await state.gone.wait_until(until);
}

std::string listen_url(const std::string& scheme, const ListenAddress& address) {
  std::string host = address.host == "*" ? "0.0.0.0" : address.host;
  if (host.find(':') != std::string::npos) host = "[" + host + "]";
  return scheme + "://" + host + ":" + std::to_string(address.port);
}

}  // namespace rt
