#pragma once

#include <asio/awaitable.hpp>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "engine/hub.hpp"
#include "io/hub/service.hpp"
#include "io/net/carrier.hpp"
#include "io/server/http_front.hpp"
#include "io/server/websocket.hpp"
#include "model/endpoint.hpp"

namespace rt {

struct HubServerOptions {
  ListenAddress address;
  std::vector<InheritedSocket> sockets;  // that listen already, instead of the address
  HubLimits limits;
  // Bytes for all peers together: of requests and messages that are not whole, and of answers that
  // are not taken. Over it who holds most loses it.
  std::size_t held = 128u << 20;
  HubServiceOptions service;
  HttpFrontOptions front;
  WsServerOptions websocket;
};

// A hub with its front ends on one port.
class HubServer {
 public:
  HubServer(Reactor& reactor, HubServerOptions options);
  ~HubServer();
  HubServer(const HubServer&) = delete;
  HubServer& operator=(const HubServer&) = delete;

  // Returns the port. Errors: an address that cannot be had.
  Result<std::uint16_t> listen();
  // "http://127.0.0.1:8080/x" once it listens, with that scheme and channel ("" for none).
  std::string url(const std::string& scheme, const std::string& channel) const;
  // One for each socket.
  std::vector<std::string> urls(const std::string& scheme, const std::string& channel) const;
  HubService& service();

  // WebSockets of the subprotocol mqtt are joined to this broker from now on, each by a connection
  // of so many descriptors.
  void tunnel_mqtt(MakeCarrier broker, std::size_t descriptors);

  // Takes no new connection, ends the streams, and waits until then for what is under way.
  asio::awaitable<void> drain(SteadyTime until);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// "mqtt://127.0.0.1:1883": how people reach what listens there.
std::string listen_url(const std::string& scheme, const ListenAddress& address);

}  // namespace rt
