#pragma once

#include <cstddef>
#include <vector>

#include "base/clock.hpp"
#include "io/loop/deadlines.hpp"
#include "io/loop/reactor.hpp"
#include "io/net/carrier.hpp"
#include "io/server/exchange.hpp"

namespace rt {

struct MqttTunnelsOptions {
  MakeCarrier broker;           // a connection to it
  std::size_t descriptors = 4;  // that each of them has
  Milliseconds connect_time{};
};

// MQTT over WebSocket: each WebSocket is joined to a connection of its own to the broker. What
// comes in binary frames goes on as bytes, what comes in one read of the broker as one binary
// frame; nobody looks into it. Neither direction is read from while the other side takes nothing,
// and the two end together. Text frames are an error (1003). One on which the broker has not said
// anything for so long is ended (1008): there was no whole CONNECT.
class MqttTunnels {
 public:
  MqttTunnels(Reactor& reactor, Deadlines& deadlines, MqttTunnelsOptions options);
  // The WebSockets must be gone, or have forgotten their listeners.
  ~MqttTunnels();
  MqttTunnels(const MqttTunnels&) = delete;
  MqttTunnels& operator=(const MqttTunnels&) = delete;

  // The listener of one more WebSocket; it is gone after its on_gone().
  WebSocketListener& make();
  std::size_t count() const { return tunnels_.size(); }
  // That the connections to the broker have, or will have.
  std::size_t descriptors() const { return tunnels_.size() * descriptors_; }

 private:
  class Tunnel;

  Reactor& reactor_;
  Deadlines& deadlines_;
  MakeCarrier broker_;
  std::size_t descriptors_;
  Milliseconds connect_time_;
  std::vector<Tunnel*> tunnels_;
};

}  // namespace rt
