#pragma once

#include "base/result.hpp"
#include "engine/route.hpp"
#include "model/relay_endpoint.hpp"

namespace rt {

// Refuses (usage) a sink that plainly feeds its source: the same server, and a channel or topic
// that the source reads; the same file. What only shows at run time is left to `via`.
Result<void> check_loop(const RelayEndpoint& from, const RelayEndpoint& to, Route& route);

}  // namespace rt
