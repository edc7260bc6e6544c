#pragma once

#include "engine/hub.hpp"
#include "engine/log.hpp"
#include "io/hub/options.hpp"
#include "io/loop/deadlines.hpp"
#include "io/loop/reactor.hpp"

namespace rt {

// What the parts of a hub's service stand on. All of it outlives them.
struct HubContext {
  Reactor& reactor;
  Deadlines& deadlines;
  Hub& hub;
  MessageLog& log;
  const HubServiceOptions& options;
};

}  // namespace rt
