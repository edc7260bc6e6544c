#pragma once

#include <asio/awaitable.hpp>
#include <cstdint>
#include <string>

#include "base/clock.hpp"
#include "io/loop/reactor.hpp"

namespace rt {

enum class PassesOn : std::uint8_t { yes, no, unknown };

// Whether a broker of our own passes a small message on, asked by a client that subscribes and
// publishes to itself. no: it throws the client out, or acknowledges the message and does not
// deliver it; unknown: it has not answered within some seconds. Nobody else sees the message.
asio::awaitable<PassesOn> passes_on(Reactor& reactor, std::string host, std::uint16_t port,
                                    Milliseconds patience = 5s);  // of a machine that is busy

// Asks again and again, with pauses. Completes when it has had no answer three times in a row.
asio::awaitable<void> until_silent(Reactor& reactor, std::string host, std::uint16_t port,
                                   Milliseconds pause, Milliseconds patience);

}  // namespace rt
