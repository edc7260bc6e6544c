#pragma once

#include <asio/awaitable.hpp>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "app/hub_server.hpp"
#include "base/clock.hpp"
#include "base/result.hpp"
#include "io/mqtt/broker.hpp"

namespace rt {

// A broker beside this process that several ends use.
class SharedBroker {
 public:
  SharedBroker(Reactor& reactor, const BrokerOptions& options) : broker_(reactor, options) {}

  // The first one starts it. Errors: as Broker::start().
  asio::awaitable<Result<void>> join();
  // The last one stops it, as Broker::stop().
  asio::awaitable<void> leave(Milliseconds patience);
  // Starts it again whenever it dies; never completes. Only what the first one waits for does so.
  asio::awaitable<void> keep_running();
  void adopt(MqttClientOptions& client) { broker_.adopt(client); }
  std::uint16_t port() const { return broker_.port(); }
  std::size_t users() const { return users_; }

 private:
  Broker broker_;
  std::size_t users_ = 0;
  bool kept_ = false;
};

// The servers inside this process, and the brokers beside it; ends on one port share one.
class RelayServers {
 public:
  explicit RelayServers(Reactor& reactor) : reactor_(reactor) {}
  // The server of that address; it does not listen yet.
  HubServer& server(const HubServerOptions& options);
  // The broker of that address; it does not run yet.
  SharedBroker& broker(const BrokerOptions& options);
  // Once for each server. Errors: an address that cannot be had.
  Result<void> listen();
  asio::awaitable<void> drain(SteadyTime until);

 private:
  struct One {
    ListenAddress address;
    std::unique_ptr<HubServer> server;
    bool listens = false;
  };
  struct OneBroker {
    ListenAddress address;
    std::unique_ptr<SharedBroker> broker;
  };
  Reactor& reactor_;
  std::vector<One> servers_;
  std::vector<OneBroker> brokers_;
};

}  // namespace rt
