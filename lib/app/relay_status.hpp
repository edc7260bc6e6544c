#pragma once

#include <asio/awaitable.hpp>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "io/loop/reactor.hpp"

namespace rt {

// What one direction of a relay has done so far.
struct RelayFigures {
  std::uint64_t messages = 0;  // that every sink has accepted
  std::uint64_t dropped = 0;   // loops, names that are no channels, and what was lost on the way
  std::uint64_t reconnects = 0;
  std::size_t lag = 0;                   // messages that were read and are not accepted yet
  std::uint64_t bytes = 0;               // payloads of `messages`
  std::optional<SteadyTime> first = {};  // when the first of them was accepted
};

// "12034 messages, 812/s, lag 3, dropped 0, reconnects 1".
std::string status_text(const RelayFigures& now, std::uint64_t messages_before, Milliseconds span);

// Shows the figures of every direction once a second, for as long as it runs: see LiveLine.
asio::awaitable<void> show_status(Reactor& reactor,
                                  std::function<std::vector<RelayFigures>()> figures);

}  // namespace rt
