#pragma once

#include <asio/awaitable.hpp>
#include <string>

#include "app/compare/measured_client.hpp"
#include "app/compare/options.hpp"
#include "app/run.hpp"
#include "base/result.hpp"
#include "io/loop/reactor.hpp"

namespace rt {

// What would be done, for people: some lines.
std::string compare_plan(const CompareOptions& options);

// Measures all ways in turn, round by round, and prints the table and the verdict on stdout.
// Errors: as compare_round(); other (a report cannot be written).
asio::awaitable<Result<void>> compare(Reactor& reactor, Shutdown& shutdown, CompareOptions options,
                                      MeasuredClient& client);

}  // namespace rt
