#pragma once

#include <sys/types.h>

#include <asio/awaitable.hpp>
#include <cstdint>
#include <optional>
#include <string>

#include "base/result.hpp"
#include "io/loop/reactor.hpp"
#include "io/mqtt/broker.hpp"
#include "io/process/child.hpp"

namespace rt {

// A server in a process of its own, on a free port of this machine, for one round: a hub, or a
// Mosquitto.
class ComparedServer {
 public:
  explicit ComparedServer(Reactor& reactor) : reactor_(reactor), hub_(reactor) {}

  // `program`: an executable that is rtrelay. Errors: the program's or the broker's own.
  asio::awaitable<Result<void>> start_hub(std::string program);
  asio::awaitable<Result<void>> start_broker();
  std::uint16_t port() const { return port_; }
  pid_t process() const;
  asio::awaitable<void> stop();

 private:
  Reactor& reactor_;
  ChildProcess hub_;
  std::optional<Broker> broker_;
  std::uint16_t port_ = 0;
};

}  // namespace rt
