#pragma once

#include <asio/awaitable.hpp>
#include <memory>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "io/hub/service.hpp"
#include "io/loop/reactor.hpp"
#include "io/mqtt/client.hpp"
#include "model/defaults.hpp"

namespace rt {

struct BusOptions {
  MqttClientOptions mqtt;    // where the broker is and who we are; the rest is the bus's own choice
  bool retry_first = false;  // a first connection that fails is not final
  Milliseconds most_pause = defaults::kMostPause;  // between two attempts
};

// The MQTT side of a hub: channels and the topics of a broker are the same thing, both ways and
// without echo. The hub goes on while the broker is away, and nothing at QoS 1 is lost by that;
// what the hub's window loses meanwhile is told and counted.
//
// What the other side cannot name is skipped, counted and told once a name. What the broker had
// retained fills only channels that never had a message.
class Bus {
 public:
  Bus(Reactor& reactor, HubService& service, BusOptions options);
  ~Bus();
  Bus(const Bus&) = delete;
  Bus& operator=(const Bus&) = delete;

  // The first connection. With retry_first only what cannot be mended is an error. Errors: as
  // MqttClient::connect(); protocol, for a broker without MQTT 5: without its No Local everything
  // would come back.
  asio::awaitable<Result<void>> connect();
  // Carries messages until that cannot go on: never a mere loss of the connection.
  asio::awaitable<Error> run();
  // While run() goes on: completes when what was published is with the broker, or then. Errors:
  // lost, with how many messages are not.
  asio::awaitable<Result<void>> drain(SteadyTime until);
  // After run(): ends the session.
  asio::awaitable<void> close();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace rt
