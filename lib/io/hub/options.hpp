#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "engine/access.hpp"
#include "engine/grants.hpp"
#include "model/defaults.hpp"

namespace rt {

struct HubServiceOptions {
  AccessPolicy::Options access;
  std::shared_ptr<const Grants> grants;  // null: everybody may do everything
  bool relay = true;      // false: what clients publish is kept by nobody (see on_unkept)
  bool echo = false;      // a WebSocket's messages come back to it, and nothing else happens
  std::string base_path;  // "/live": before every channel's name and "/-/"; empty: none
  std::vector<std::string> subprotocols;  // of plain WebSockets, where a client offers one
  std::string output_channel;  // what goes to an output in this process; empty: all channels
  Milliseconds heartbeat = defaults::kPingInterval;
  Milliseconds sse_retry = defaults::kSseRetry;
};

}  // namespace rt
