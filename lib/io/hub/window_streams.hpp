#pragma once

#include <cstdint>
#include <vector>

#include "codec/http_fields.hpp"
#include "engine/hub.hpp"
#include "io/hub/context.hpp"
#include "io/hub/delivery.hpp"
#include "io/hub/window_body.hpp"
#include "io/server/exchange.hpp"

namespace rt {

// Answers with all that a channel's window has after a position. A long one is written in pieces,
// each made when the peer has taken those before it, and no more than 256 KiB in one turn of the
// loop: who does not read costs a cursor and a piece, and holds no more than a message that it is
// in the middle of.
class WindowStreams {
 public:
  WindowStreams(const HubContext& hub, Delivery& delivery) : hub_(hub), delivery_(delivery) {}
  // The exchanges must be gone.
  ~WindowStreams();
  WindowStreams(const WindowStreams&) = delete;
  WindowStreams& operator=(const WindowStreams&) = delete;

  // Adds the window to the body, from the position to what is its end now. What leaves the window
  // before it is written is told as a gap.
  void answer(Exchange& exchange, const http::Fields& more_fields, WindowBody body,
              Channel& channel, std::uint64_t position);
  // The same, in pieces whatever its length, and none of them now: for answers to many at a time.
  void answer_later(Exchange& exchange, const http::Fields& more_fields, WindowBody body,
                    Channel& channel, std::uint64_t position);
  std::size_t count() const { return streams_.size(); }

 private:
  class Stream;

  void stream(Exchange& exchange, const http::Fields& more_fields, WindowBody body,
              Channel& channel, std::uint64_t position, std::uint64_t end, const MessageId& cursor);

  const HubContext& hub_;
  Delivery& delivery_;
  std::vector<Stream*> streams_;
};

}  // namespace rt
