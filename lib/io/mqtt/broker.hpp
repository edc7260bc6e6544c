#pragma once

#include <sys/types.h>

#include <asio/awaitable.hpp>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "engine/retention.hpp"
#include "io/loop/reactor.hpp"
#include "io/mqtt/client_options.hpp"
#include "model/defaults.hpp"
#include "model/endpoint.hpp"

namespace rt {

struct BrokerOptions {
  ListenAddress address;  // port 0: a free one is picked
  std::string program;    // empty: mosquitto, from PATH or where systems keep it
  std::size_t max_message = defaults::kMaxMessage;
  // What its own memory may come to; 0: no bound. Beyond it the broker disconnects who sends. One
  // that passes no small message on then, or has disconnected a client of this process, is ended by
  // keep_running() as if it had died, and retains nothing for a while: whoever wants that is
  // disconnected.
  std::size_t memory = 0;
  std::size_t max_connections = 0;  // at each of its addresses; 0: no bound
  // A directory in which it keeps retained messages, sessions and what waits for them, from one run
  // of this process to the next; empty: nowhere.
  std::string store;
  // keep_running() looks so often whether it answers, and ends one that has not done so three times
  // in a row, each within that time.
  Milliseconds looks_every = 20s;
  Milliseconds answer_within = 5s;
};

// A Mosquitto broker that runs as a child, in a private directory that is removed afterwards:
// anonymous, without persistence unless it has a store, with figures in $SYS every second, with
// queues that take a retained storm of 100,000 topics. It never outlives this process, however that
// ends. What it writes is shown with -v.
class Broker {
 public:
  Broker(Reactor& reactor, BrokerOptions options);
  // Ends it, without waiting.
  ~Broker();
  Broker(const Broker&) = delete;
  Broker& operator=(const Broker&) = delete;

  // Completes when it takes connections. Errors: usage (no mosquitto here: says how to install it;
  // a store that cannot be had),
  // network (the address cannot be resolved), other (it cannot be had; it died: its last lines).
  asio::awaitable<Result<void>> start();
  // After start().
  std::uint16_t port() const;
  std::string host() const;  // an address of this machine at which it answers: "127.0.0.1", "::1"
  std::string url() const;   // "mqtt://127.0.0.1:1883": where it listens, for people

  pid_t process() const;  // its number; 0 while it does not run

  // Completes when it has ended without being told to: how, with the last lines that it wrote. One
  // call at a time.
  asio::awaitable<Error> death();
  // After start(), instead of death(): starts it again, at the same port, whenever it has ended
  // without being told to, with growing pauses while it does not stay. Each end is told, in one
  // line. Never completes. What the broker kept for its clients, retained messages among it, is
  // gone then, but for what it had saved in its store. One that was full begins with an empty
  // store; what was in it is put aside.
  asio::awaitable<void> keep_running();
  // How often it was started again.
  std::uint64_t restarts() const;

  // Makes the options those of a client of this process at it. What it is to retain is only so much
  // that the rest of its memory is enough for what passes.
  void adopt(MqttClientOptions& client);
  const Retention& retention() const;

  // Its end is near: keep_running() starts it no more and tells nothing.
  void expect_end();
  // Ends it in good order, by force when it has not ended after `patience`. It is not started
  // again.
  asio::awaitable<void> stop(Milliseconds patience = 2s);

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace rt
