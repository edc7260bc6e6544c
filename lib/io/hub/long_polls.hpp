#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "codec/http_fields.hpp"
#include "engine/hub.hpp"
#include "io/hub/context.hpp"
#include "io/hub/window_answers.hpp"
#include "io/hub/window_streams.hpp"
#include "io/server/exchange.hpp"

namespace rt {

// What is remembered of a request that is answered later: it is gone by then.
struct LateAnswer {
  ReadForm form = ReadForm::ndjson;
  http::Fields cors;  // for pages of other origins
  std::optional<std::uint64_t> limit;
  // The request had a validator: 304 rather than 204 when the time is up.
  bool conditional = false;
};

// Requests that wait for a channel's next message.
class LongPolls {
 public:
  LongPolls(const HubContext& hub, Delivery& delivery, WindowAnswers& answers,
            WindowStreams& streams)
      : hub_(hub), delivery_(delivery), answers_(answers), streams_(streams) {}
  // The exchanges must be gone, or be answered.
  ~LongPolls();
  LongPolls(const LongPolls&) = delete;
  LongPolls& operator=(const LongPolls&) = delete;

  // Answers when there is a message at `position` or later, or when the time is up.
  void hold(Exchange& exchange, LateAnswer how, Channel& channel, std::uint64_t position,
            Milliseconds wait);
  // Answers all.
  void drain();
  std::size_t count() const { return waiters_.size(); }

 private:
  class Waiter;

  const HubContext& hub_;
  Delivery& delivery_;
  WindowAnswers& answers_;
  WindowStreams& streams_;
  std::vector<Waiter*> waiters_;
};

}  // namespace rt
