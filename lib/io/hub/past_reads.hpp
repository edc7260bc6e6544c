#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/hub.hpp"
#include "io/hub/context.hpp"
#include "io/hub/delivery.hpp"
#include "io/hub/long_polls.hpp"
#include "io/hub/window_streams.hpp"
#include "io/server/exchange.hpp"

namespace rt {

// Requests for every message after a cursor that lies before the channel's window: what the log has
// is answered first, and the window follows. They do not wait for news.
class PastReads {
 public:
  PastReads(const HubContext& hub, Delivery& delivery, WindowStreams& windows)
      : hub_(hub), delivery_(delivery), windows_(windows) {}
  // The exchanges must be gone, or be answered.
  ~PastReads();
  PastReads(const PastReads&) = delete;
  PastReads& operator=(const PastReads&) = delete;

  // `since` is an id of this epoch, before what the channel, or the hub when there is no such
  // channel, holds.
  void answer(Exchange& exchange, LateAnswer how, std::string_view channel, std::string_view since);
  // Answers all with what they have.
  void drain();

 private:
  class Read;

  const HubContext& hub_;
  Delivery& delivery_;
  WindowStreams& windows_;
  std::vector<Read*> reads_;
};

}  // namespace rt
