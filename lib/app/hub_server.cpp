#include "app/hub_server.hpp"

#include "base/random.hpp"
#include "engine/memory_log.hpp"
#include "io/hub/mqtt_tunnel.hpp"
#include "io/loop/deadlines.hpp"
#include "io/loop/notifier.hpp"

namespace rt {
namespace {

constexpr Milliseconds kDrainTime = 3s;

}  // namespace

// In this order: sockets go before what they write from.
struct HubServer::State {
  State(Reactor& its_reactor, HubServerOptions options)
      : reactor(its_reactor),
        address(std::move(options.address)),
        sockets(std::move(options.sockets)),
        deadlines(reactor),
        log(Random::from_system().next()),
        hub(options.limits, log.start()),
        service(reactor, deadlines, hub, log, std::move(options.service)),
        gone(reactor.executor()),
        holdings(options.held),
        websockets(reactor, deadlines, holdings, options.websocket),
        front(reactor, deadlines, holdings, websockets, service, options.front) {
    front.on_empty([this] { gone.notify_all(); });
    websockets.on_empty([this] { gone.notify_all(); });
  }

  Reactor& reactor;
  ListenAddress address;
  std::vector<InheritedSocket> sockets;
  Deadlines deadlines;
  MemoryLog log;
  Hub hub;
  HubService service;
  std::optional<MqttTunnels> tunnels;
  Notifier gone;  // the last connection of a kind has
  Holdings holdings;
  WsServer websockets;
  HttpFront front;
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
  return listen_url(scheme, state_->address) + (channel.empty() ? "/" : channel);
}

std::vector<std::string> HubServer::urls(const std::string& scheme,
                                         const std::string& channel) const {
  if (state_->sockets.empty()) return {url(scheme, channel)};
  std::vector<std::string> out;
  for (const InheritedSocket& socket : state_->sockets)
    out.push_back(listen_url(scheme, socket.address) + (channel.empty() ? "/" : channel));
  return out;
}

HubService& HubServer::service() {
  return state_->service;
}

void HubServer::tunnel_mqtt(NetStreamOptions broker) {
  std::optional<MqttTunnels>& tunnels = state_->tunnels;
  tunnels.emplace(state_->reactor, std::move(broker));
  state_->service.on_mqtt_socket([&tunnels]() -> WebSocketListener& { return tunnels->make(); });
}

asio::awaitable<void> HubServer::drain() {
  State& state = *state_;
  state.service.pause().set(false);
  state.front.drain();
  state.service.drain();
  state.websockets.drain();
  const SteadyTime deadline = std::chrono::steady_clock::now() + kDrainTime;
  while ((state.front.connections() > 0 || state.websockets.connections() > 0) &&
         std::chrono::steady_clock::now() < deadline)
    co_await state.gone.wait_until(deadline);
}

std::string listen_url(const std::string& scheme, const ListenAddress& address) {
  std::string host = address.host == "*" ? "0.0.0.0" : address.host;
  if (host.find(':') != std::string::npos) host = "[" + host + "]";
  return scheme + "://" + host + ":" + std::to_string(address.port);
}

}  // namespace rt
