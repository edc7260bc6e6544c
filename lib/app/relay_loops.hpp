#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "engine/route.hpp"
#include "model/relay_endpoint.hpp"

namespace rt {

enum class Loop : std::uint8_t {
  none,        // none that can be seen from here
  unless_via,  // a message may come back, and only what it bears (`via`) would stop it: MQTT 5
};

// What an MQTT source reads, beside or in place of its URL's topic.
struct LoopFilters {
  std::vector<std::string> filters;  // none: the URL's
  std::vector<std::string> excludes;
};

// Refuses (usage) a sink that plainly feeds its source: the same server, and a channel or topic
// that the source reads; the same file. What only shows at run time is left to `via`.
Result<Loop> check_loop(const RelayEndpoint& from, const RelayEndpoint& to, Route& route,
                        const LoopFilters& filters = {});

// Whether two listeners with a port get in each other's way.
bool may_be_same_listener(const ListenAddress& a, const ListenAddress& b);

}  // namespace rt
