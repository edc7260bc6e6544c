#pragma once

#include <cstdint>
#include <vector>

#include "codec/http_fields.hpp"
#include "engine/hub.hpp"
#include "io/hub/context.hpp"
#include "io/hub/window_answers.hpp"
#include "io/server/exchange.hpp"

namespace rt {

// Answers with all that a channel's window has after a position. A long one is written in pieces,
// each made when the peer has taken those before it: who does not read costs a cursor and a piece.
class WindowStreams {
 public:
  explicit WindowStreams(const HubContext& hub) : hub_(hub) {}
  // The exchanges must be gone.
  ~WindowStreams();
  WindowStreams(const WindowStreams&) = delete;
  WindowStreams& operator=(const WindowStreams&) = delete;

  // Adds the window to the body, from the position to what is its end now. What leaves the window
  // before it is written is told as a gap.
  void answer(Exchange& exchange, const http::Fields& more_fields, WindowBody body,
              Channel& channel, std::uint64_t position);
  std::size_t count() const { return streams_.size(); }

 private:
  class Stream;

  const HubContext& hub_;
  std::vector<Stream*> streams_;
};

}  // namespace rt
