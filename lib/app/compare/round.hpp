#pragma once

#include <asio/awaitable.hpp>

#include "app/compare/figures.hpp"
#include "app/compare/measured_client.hpp"
#include "app/compare/options.hpp"
#include "app/run.hpp"
#include "base/result.hpp"
#include "io/loop/reactor.hpp"

namespace rt {

// Measures one way once: starts its server, connects the readers through the network that is asked
// for, waits until each has had a message, sends the load, and waits for what is still on its way.
// Errors: what the server, a reader or a publisher cannot do; `shutdown` ends it early (other).
asio::awaitable<Result<RoundFigures>> compare_round(Reactor& reactor, Shutdown& shutdown,
                                                    const CompareOptions& options,
                                                    MeasuredClient& client, ComparedWay way);

}  // namespace rt
