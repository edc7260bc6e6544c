#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "engine/hub.hpp"
#include "io/hub/delivery.hpp"
#include "io/hub/window_body.hpp"
#include "io/server/exchange.hpp"

namespace rt {

// The answers of a hub's windows to those who poll.
class WindowAnswers {
 public:
  explicit WindowAnswers(Delivery& delivery) : hub_(delivery.hub()), counts_(delivery.counts()) {}

  // The latest message itself; the channel has one. Lasts until the next call.
  const Response& latest(Channel& channel);
  // Of the last answer of latest().
  const std::string& latest_etag() const { return latest_etag_; }

  // Every message from `start` on. `channel` is null for one that is not there. `from`: the id that
  // led to a gap.
  Response window(Channel* channel, const Start& start, std::string_view from, ReadForm form,
                  std::optional<std::uint64_t> limit);
  // True when a message from this position on becomes much longer in such an answer: the window is
  // to be written in pieces (WindowStreams).
  bool grows(Channel& channel, std::uint64_t position);

 private:
  Hub& hub_;
  DeliveryCounts& counts_;
  // Kept for as long as it is the latest.
  const Channel* latest_channel_ = nullptr;
  std::uint64_t latest_sequence_ = 0;
  Response latest_;
  std::string latest_etag_;
  // Of grows(), which all that wait for the same ask.
  std::uint64_t asked_position_ = 0;
  std::uint64_t asked_sequence_ = 0;  // of the last message
  bool grows_ = false;
};

}  // namespace rt
