#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "base/clock.hpp"
#include "base/random.hpp"
#include "base/result.hpp"
#include "io/loop/reactor.hpp"
#include "model/network_conditions.hpp"

namespace rt {

// A TCP proxy on the loopback address that makes of each connection what a network would: half of
// the round trip each way, jitter, a rate for each direction of each connection (readers do not
// share a line), and a round trip before the first byte, as an opening handshake takes. What it
// cannot show is the loss of packets. At its bound a direction is not read from until there is room
// (64 KiB to 4 MiB, see LinkTiming), so a slow line holds back whoever sends.
class ImpairedProxy {
 public:
  struct Options {
    std::string host = "127.0.0.1";  // an address: where connections go on to
    std::uint16_t port = 0;
    NetworkConditions network{};
    std::uint64_t seed = 1;  // of the jitter
  };

  // What has come in, whether or not it has left already. A write is what could be read at once.
  struct Direction {
    std::uint64_t bytes = 0;
    std::uint64_t writes = 0;
    std::uint64_t requests = 0;  // writes that begin as an HTTP request does
    // Computed, as they would be on Ethernet: what carries the writes, and what says nothing but
    // that the other direction's came, where no write said so within 40 ms.
    std::uint64_t packets = 0;
    std::uint64_t acknowledgements = 0;

    // What has come since then.
    Direction since(const Direction& then) const;
  };
  struct Counts {
    Direction up;    // from clients
    Direction down;  // from the server
    std::uint64_t connections = 0;
  };

  ImpairedProxy(Reactor& reactor, Options options);
  // Ends all connections at once.
  ~ImpairedProxy();
  ImpairedProxy(const ImpairedProxy&) = delete;
  ImpairedProxy& operator=(const ImpairedProxy&) = delete;

  // Listens on a free port of 127.0.0.1. Errors: network, other.
  Result<void> open();
  std::uint16_t port() const;
  const Counts& counts() const;
  std::size_t connections_now() const;

  // Both sides of all connections get a reset; new ones are taken.
  void reset();
  // The same, and for so long connections are refused.
  void cut(Milliseconds time);
  // For so long nothing passes, and nobody is told.
  void stall(Milliseconds time);

 private:
  struct State;
  struct Connection;
  std::shared_ptr<State> state_;
};

}  // namespace rt
