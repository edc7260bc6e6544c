#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "engine/hub.hpp"
#include "io/hub/connection_watcher.hpp"
#include "io/hub/context.hpp"
#include "io/hub/delivery.hpp"
#include "io/hub/wire.hpp"
#include "io/server/exchange.hpp"

namespace rt {

// The readers of event streams.
class EventStreams {
 public:
  EventStreams(const HubContext& hub, Delivery& delivery) : hub_(hub), delivery_(delivery) {}
  // The exchanges must be gone, or have ended.
  ~EventStreams();
  EventStreams(const EventStreams&) = delete;
  EventStreams& operator=(const EventStreams&) = delete;

  // Answers with a stream of the channel, from `start`, where the id `from` led.
  void open(Exchange& exchange, const http::Fields& fields, Wire wire, Channel& channel,
            const Start& start, std::string_view from);
  void drain();
  std::size_t count() const { return streams_.size(); }
  // Null: nobody watches.
  void watch(ConnectionWatcher* watcher) { watcher_ = watcher; }

 private:
  class Stream;

  const HubContext& hub_;
  Delivery& delivery_;
  ConnectionWatcher* watcher_ = nullptr;
  std::vector<Stream*> streams_;
};

}  // namespace rt
