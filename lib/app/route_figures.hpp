#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/clock.hpp"

namespace rt {

enum class RouteState : std::uint8_t {
  starting,  // not all of its ends stand yet
  up,
  down,     // an end is lost, and connected to again
  waiting,  // it has failed, and is started again after a pause
  ended,    // in order
  failed,   // for good
};
std::string_view name_of(RouteState state);

// What one of several routes has done so far, over all its starts.
struct RouteFigures {
  std::string name;
  RouteState state = RouteState::starting;
  std::string why;             // it is not up
  std::uint64_t messages = 0;  // that every sink has accepted
  std::uint64_t bytes = 0;     // of their payloads
  std::uint64_t lag = 0;       // read, and not accepted yet
  std::uint64_t dropped = 0;   // loops, names that are no channels, and what was lost
  std::uint64_t lost = 0;      // as far as their number is known
  std::uint64_t refused = 0;   // by a sink, each for itself
  std::uint64_t reconnects = 0;
  std::uint64_t restarts = 0;
  bool uncertain = false;  // there may be losses that nobody can number

  // Nothing is wrong with it: it moves messages, or it has done so.
  bool well() const { return state == RouteState::up || state == RouteState::ended; }
};

// "2 of 3 routes up, 12034 messages, 812/s, lag 3, lost 0, reconnects 1, restarts 0; down: lab".
std::string routes_text(const std::vector<RouteFigures>& routes, std::uint64_t messages_before,
                        Milliseconds span);
// "2 of 3 routes up; down: lab", for a service manager.
std::string routes_summary(const std::vector<RouteFigures>& routes);

// The body of /-/health, and whether all is well.
std::string routes_health(const std::vector<RouteFigures>& routes, std::chrono::seconds uptime);
bool all_well(const std::vector<RouteFigures>& routes);

// For Prometheus, in its text format.
std::string routes_metrics(const std::vector<RouteFigures>& routes);

}  // namespace rt
