#pragma once

#include <asio/awaitable.hpp>
#include <string>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "io/loop/reactor.hpp"
#include "io/process/child.hpp"

namespace rt {

// Where Mosquitto is: `program`, or when that is empty mosquitto, in PATH or where systems keep it.
// Errors: usage, which says how to install it.
Result<std::string> find_broker(const std::string& program);

// Ends it in good order, by force when it has not ended after `patience`.
asio::awaitable<void> end_child(Reactor& reactor, ChildProcess& child, Milliseconds patience);

}  // namespace rt
