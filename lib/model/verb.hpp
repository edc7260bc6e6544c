#pragma once

#include <cstdint>

namespace rt {

// What a program is told to do. It means the same in every one; clients have the first three. run:
// many relays. compare: the transports are measured.
enum class Verb : std::uint8_t { sub, pub, pipe, serve, relay, run, rpc, compare };

}  // namespace rt
