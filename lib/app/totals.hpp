#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "engine/histogram.hpp"

namespace rt {

// What went one way in a run.
struct Traffic {
  std::uint64_t messages = 0;
  std::uint64_t bytes = 0;            // of payloads
  std::optional<Milliseconds> first;  // since the start, until the first message
};

// One direction of a relay.
struct RouteTraffic {
  std::vector<std::string> from;
  std::vector<std::string> to;
  Traffic traffic;
  std::uint64_t dropped = 0;     // loops, names that are no channels, and what was lost
  std::uint64_t unfinished = 0;  // read, and not accepted by every sink
};

// Of lengths of time.
struct DelayTotals {
  std::uint64_t number = 0;
  std::chrono::microseconds p50{0};
  std::chrono::microseconds p90{0};
  std::chrono::microseconds p99{0};
  std::chrono::microseconds max{0};
  // So many ended before they had begun, and by so much: the clocks differ, and all are wrong.
  std::uint64_t before = 0;
  std::chrono::microseconds most_before{0};
};
DelayTotals delay_totals(const Histogram& lengths);

// All that a run has to say at its end. Endpoints come without secrets.
struct Totals {
  std::string program;
  std::string verb;
  std::string endpoint;        // a relay has routes instead
  std::string route;           // of several; empty: there is but one
  std::uint64_t restarts = 0;  // of that
  std::optional<Traffic> sent;
  std::optional<Traffic> received;
  std::vector<RouteTraffic> routes;
  DelayTotals latency;           // from publication to receipt
  DelayTotals round_trips;       // pings, and what is acknowledged
  std::uint64_t unfinished = 0;  // a client's: read for sending, and not accepted
  std::uint64_t reconnects = 0;
  std::uint64_t gaps = 0;     // times that messages were lost on the way here
  std::uint64_t lost = 0;     // of these, as far as their number is known
  std::uint64_t refused = 0;  // by the other side, each for itself; a relay skips them
  std::uint64_t failed = 0;   // received, and refused by --escape or failed in --exec
  bool uncertain = false;     // a connection that acknowledges nothing was lost with what was on it
  WallTime start;
  WallTime end;
  std::chrono::microseconds duration{0};
  int exit_code = 0;
  int signal = 0;  // that ended it
  std::string error;
};

// For people: some lines, the figures below one another. Without a newline at the end.
std::string totals_text(const Totals& totals);
// One JSON object, as rtwire(7) describes it, and a newline.
std::string totals_json(const Totals& totals);

}  // namespace rt
