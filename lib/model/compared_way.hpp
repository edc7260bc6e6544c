#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace rt {

// The ways to a reader that can be compared, in the order in which they are shown.
enum class ComparedWay : std::uint8_t {
  poll,         // conditional requests at an interval, which have the latest message
  poll_cursor,  // requests at an interval for all after the last one
  long_poll,
  sse,
  ws,      // plain: a message for each message, and nothing is resumed
  ws_hub,  // rt.v1, which resumes
  mqtt0,   // by QoS
  mqtt1,
  mqtt2,
};
inline constexpr std::size_t kComparedWays = 9;

std::string_view name_of(ComparedWay way);
// For a sentence: "long polling".
std::string_view title_of(ComparedWay way);
std::optional<ComparedWay> compared_way(std::string_view name);
inline bool is_mqtt(ComparedWay way) {
  return way >= ComparedWay::mqtt0;
}
inline bool is_websocket(ComparedWay way) {
  return way == ComparedWay::ws || way == ComparedWay::ws_hub;
}
// Whether a payload that is not text goes as it is; else as base64 in an envelope.
inline bool carries_bytes(ComparedWay way) {
  return way == ComparedWay::poll || way == ComparedWay::ws || is_mqtt(way);
}

}  // namespace rt
