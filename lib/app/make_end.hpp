#pragma once

#include <memory>

#include "app/end.hpp"
#include "app/end_options.hpp"
#include "app/relay_servers.hpp"
#include "app/run.hpp"
#include "base/result.hpp"

namespace rt {

// Makes the end for its uses. Errors (usage): what this kind cannot do. A closed stdout, and a
// broker's death, request the shutdown.
Result<std::unique_ptr<End>> make_end(Reactor& reactor, Shutdown& shutdown, RelayServers& servers,
                                      EndOptions options, EndUse use);

}  // namespace rt
