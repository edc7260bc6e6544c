#include "model/compared_way.hpp"

#include <array>

namespace rt {
namespace {

struct Names {
  std::string_view name, title;
};

constexpr std::array<Names, kComparedWays> kNames = {{
    {"poll", "polling for the latest message"},
    {"poll-cursor", "polling by cursor"},
    {"long-poll", "long polling"},
    {"sse", "SSE"},
    {"ws", "plain WebSocket"},
    {"ws-hub", "WebSocket to a hub"},
    {"mqtt0", "MQTT at QoS 0"},
    {"mqtt1", "MQTT at QoS 1"},
    {"mqtt2", "MQTT at QoS 2"},
}};

}  // namespace

std::string_view name_of(ComparedWay way) {
  return kNames[static_cast<std::size_t>(way)].name;
}

std::string_view title_of(ComparedWay way) {
  return kNames[static_cast<std::size_t>(way)].title;
}

std::optional<ComparedWay> compared_way(std::string_view name) {
  for (std::size_t i = 0; i < kNames.size(); ++i)
    if (kNames[i].name == name) return static_cast<ComparedWay>(i);
  return std::nullopt;
}

}  // namespace rt
