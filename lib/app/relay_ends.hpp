#pragma once

#include <asio/awaitable.hpp>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "app/hub_server.hpp"
#include "app/reconnect.hpp"
#include "app/relay.hpp"
#include "app/run.hpp"
#include "codec/framing.hpp"
#include "io/http/client.hpp"
#include "io/http/event_stream.hpp"
#include "io/http/poll.hpp"
#include "io/http/publisher.hpp"
#include "io/mqtt/broker.hpp"
#include "io/mqtt/client.hpp"
#include "io/websocket/client.hpp"
#include "model/defaults.hpp"
#include "model/relay_endpoint.hpp"

namespace rt {

// One end of a relay with everything that its kind needs; the rest is not looked at.
struct RelayEndOptions {
  RelayEndpoint endpoint;
  ReconnectOptions reconnect;
  HttpOptions http;
  SseOptions sse;
  PollOptions poll;
  PublishOptions publish;
  WsClientOptions websocket;
  MqttClientOptions mqtt;  // for serve+mqtt, too, without its endpoint
  HubServerOptions hub;
  BrokerOptions broker;
  Framing framing;                     // of stdio, exec and file
  std::optional<Transport> transport;  // "proto" of the envelopes that they write
  int output_fd = 1;
  std::string output_name = "stdout";
  std::size_t buffer = defaults::kBuffer;  // of a source that cannot be held
};

// Which ways an end is used.
struct RelayUse {
  bool read = false;
  bool write = false;
};

// One end of a relay, ready to be opened.
class RelayEnd {
 public:
  virtual ~RelayEnd() = default;

  // Completes when it stands, as far as that shows before something is read or written.
  virtual asio::awaitable<Result<void>> open() { co_return Result<void>(); }
  // For the ways that it was made for.
  virtual RelayFrom from() = 0;
  virtual RelayTo to() = 0;
  // What must go on beside the reading and writing; cancelled at the end.
  virtual asio::awaitable<void> attend() { co_return; }
  virtual asio::awaitable<void> close() { co_return; }
  virtual void hurry() {}  // as Link's

  // Why it requested the shutdown, if it did so because nothing can go on.
  virtual std::optional<Error> failure() const { return std::nullopt; }
  virtual std::uint64_t reconnects() const { return 0; }
  // Messages that it could not take or read, each for itself.
  virtual std::uint64_t skipped() const { return 0; }
  // Tells of those that it has not told of.
  virtual void tell_skipped() {}
  // A connection that acknowledges nothing was lost with what was on it, perhaps.
  virtual std::optional<Error> doubt() const { return std::nullopt; }
};

// A broker beside this process that several ends use.
class SharedBroker {
 public:
  SharedBroker(Reactor& reactor, Shutdown& shutdown, const BrokerOptions& options)
      : shutdown_(shutdown), broker_(reactor, options) {}

  // The first one starts it. Errors: as Broker::start().
  asio::awaitable<Result<void>> join();
  // The last one stops it.
  asio::awaitable<void> leave();
  // The first one waits for its death, which requests the shutdown.
  asio::awaitable<void> watch();
  std::uint16_t port() const { return broker_.port(); }
  std::size_t users() const { return users_; }
  const std::optional<Error>& death() const { return died_; }

 private:
  Shutdown& shutdown_;
  Broker broker_;
  std::size_t users_ = 0;
  bool watched_ = false;
  std::optional<Error> died_;
};

// The servers inside this process, and the brokers beside it; ends on one port share one.
class RelayServers {
 public:
  RelayServers(Reactor& reactor, Shutdown& shutdown) : reactor_(reactor), shutdown_(shutdown) {}
  // The server of that address; it does not listen yet.
  HubServer& server(const HubServerOptions& options);
  // The broker of that address; it does not run yet.
  SharedBroker& broker(const BrokerOptions& options);
  // Once for each server. Errors: an address that cannot be had.
  Result<void> listen();
  asio::awaitable<void> drain();

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
  Shutdown& shutdown_;
  std::vector<One> servers_;
  std::vector<OneBroker> brokers_;
};

// Makes the end for its uses. Errors (usage): what this kind cannot do. A closed stdout, and a
// broker's death, request the shutdown.
Result<std::unique_ptr<RelayEnd>> make_relay_end(Reactor& reactor, Shutdown& shutdown,
                                                 RelayServers& servers, RelayEndOptions options,
                                                 RelayUse use);

}  // namespace rt
