#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace rt {

// What a network makes of a TCP connection: how long it takes and how much fits into a second. No
// loss of packets; to TCP, that is more jitter and less room.
struct NetworkConditions {
  std::chrono::microseconds rtt{0};     // there and back
  std::chrono::microseconds jitter{0};  // so much more or less, there and back together
  // Bits a second towards the client and towards the server; 0: no limit.
  std::uint64_t down = 0;
  std::uint64_t up = 0;

  bool operator==(const NetworkConditions&) const = default;
};

// "lan", "wifi", "4g", "3g", "satellite", or "rtt=80ms,jitter=20ms,down=2mbit,up=1mbit" of which
// parts may be absent, or one of these names and what differs: "4g,up=500kbit". Times carry us, ms
// or s; rates bit, kbit, mbit or gbit. Errors: usage, one line.
Result<NetworkConditions> parse_network_conditions(std::string_view text);

// In the same words, the parts alone: "rtt=80ms,down=2mbit"; "none" when nothing is changed.
std::string network_conditions_text(const NetworkConditions& conditions);

}  // namespace rt
