#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "unit/engine/late_log.hpp"
#include "unit/io/hub/service_fixture.hpp"

namespace rt::test {

// A hub on a log that completes later, that other nodes append to, and that keeps what no window
// holds.
struct LateHub : HubOn<LateLog> {
  explicit LateHub(HubLimits limits = {}, HubServiceOptions options = {},
                   MessageId start = {kHubEpoch, 0})
      : HubOn(limits, std::move(options), start) {}

  void complete_all() {
    while (log.appending() > 0) log.complete();
    turn();
  }
  void read_all() {
    while (log.reading() > 0) log.complete_read();
    turn();
  }
  // Another node has published these.
  void bring(const std::string& channel, const std::vector<std::string>& payloads) {
    for (const std::string& payload : payloads) {
      auto message = std::make_shared<Message>();
      message->payload = payload;
      message->channel = channel;
      log.foreign(channel, message);
    }
    turn();
  }
};

inline HubLimits short_window() {
  HubLimits limits;
  limits.history = 3;
  return limits;
}

// The payloads of NDJSON or of a JSON array, and "gap" for gaps.
inline std::vector<std::string> data_of(std::string_view body) {
  std::vector<std::string> all;
  while (!body.empty()) {
    const std::size_t end = body.find('\n');
    const std::string_view line = body.substr(0, end);
    body.remove_prefix(end == std::string_view::npos ? body.size() : end + 1);
    if (line.find("\"gap\":") != std::string_view::npos) all.emplace_back("gap");
    const std::size_t at = line.find("\"data\":\"");
    if (at == std::string_view::npos) continue;
    all.emplace_back(line.substr(at + 8, line.find('"', at + 8) - at - 8));
  }
  return all;
}

inline std::vector<std::string> data_of(const FakeExchange& stream) {
  std::vector<std::string> all;
  for (const sse::Event& event : stream.events())
    all.push_back(event.event == "rt.gap" ? "gap" : event.data);
  return all;
}

inline std::vector<std::string> data_of_v1(const FakeExchange& socket) {
  std::vector<std::string> all;
  for (const std::string& line : socket.socket.payloads())
    for (std::string& text : data_of(line)) all.push_back(std::move(text));
  return all;
}

}  // namespace rt::test
