#pragma once

#include <asio/awaitable.hpp>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "io/reactor.hpp"

namespace rt {

// What one direction of a relay has done so far.
struct RelayFigures {
  std::uint64_t messages = 0;  // that every sink has accepted
  std::uint64_t dropped = 0;   // loops, names that are no channels, and what was lost on the way
  std::uint64_t reconnects = 0;
  std::size_t lag = 0;  // messages that were read and are not accepted yet
};

// "12034 messages, 812/s, lag 3, dropped 0, reconnects 1".
std::string status_text(const RelayFigures& now, std::uint64_t messages_before, Milliseconds span);

// Writes the figures of every direction to stderr once a second, for as long as it runs: on a
// terminal one line that is written over and erased at the end, else a line each.
asio::awaitable<void> show_status(Reactor& reactor,
                                  std::function<std::vector<RelayFigures>()> figures);

// Takes the status line off the terminal, if it stands there: for what else is written to it.
void clear_status();

bool stderr_is_terminal();

// No more columns than that: what is longer is cut at its end. The text is ASCII.
std::string cut_to(std::string text, std::size_t columns);

}  // namespace rt
