#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "engine/hub.hpp"
#include "io/hub/admission.hpp"
#include "io/hub/connection_watcher.hpp"
#include "io/hub/context.hpp"
#include "io/hub/delivery.hpp"
#include "io/hub/publisher.hpp"
#include "io/hub/publisher_pause.hpp"
#include "io/server/exchange.hpp"

namespace rt {

// The WebSockets of channels: each reads one and publishes to it.
class WebSockets final : private PublisherPause::Waiter {
 public:
  WebSockets(const HubContext& hub, Delivery& delivery, const Admission& admission,
             Publisher& publisher, PublisherPause& pause);
  // The connections must be gone.
  ~WebSockets();
  WebSockets(const WebSockets&) = delete;
  WebSockets& operator=(const WebSockets&) = delete;

  // Answers with a WebSocket of the channel, which is read from `start`, where the id `from` led.
  // `envelopes`: the subprotocol rt.v1 was asked for.
  void open(Exchange& exchange, bool envelopes, Channel& channel, const Start& start,
            std::string_view from);
  // Begins to close all.
  void drain();
  std::size_t count() const { return sockets_.size(); }
  // Null: nobody watches.
  void watch(ConnectionWatcher* watcher) { watcher_ = watcher; }

 private:
  class Socket;

  void on_resume() override;
  void acknowledge_soon(Socket& socket);
  std::string_view plain_subprotocol(const Exchange& exchange) const;
  // The time of what is published in this turn of the loop: a clock costs as much as the rest of a
  // short message's way.
  WallTime turn_time();

  const HubContext& hub_;
  Delivery& delivery_;
  const Admission& admission_;
  Publisher& publisher_;
  PublisherPause& pause_;
  ConnectionWatcher* watcher_ = nullptr;
  std::vector<Socket*> sockets_;
  std::vector<Socket*> acks_;  // to be sent at the end of this turn
  WallTime turn_time_{};       // null: the next turn begins with the next message
  std::size_t timed_ = 0;      // messages that have got it
};

}  // namespace rt
