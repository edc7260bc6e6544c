#pragma once

#include <algorithm>
#include <vector>

#include "app/compare/report.hpp"

namespace rt {

inline RoundFigures example_round(Milliseconds latency, std::uint64_t delivered,
                                  std::uint64_t bytes) {
  RoundFigures out;
  out.sent = 10;
  out.expected = 20;
  out.delivered = delivered;
  out.latency.add(latency, delivered);
  out.down_bytes = bytes;
  out.connections = 2;
  out.cpu_microseconds = 400;
  out.timeline = {{.from = 0, .expected = 20, .delivered = delivered, .longest = latency}};
  return out;
}

inline std::vector<WayFigures> example_ways() {
  return {{.way = ComparedWay::poll_cursor,
           .rounds = {example_round(100ms, 20, 8000), example_round(300ms, 18, 8000)}},
          {.way = ComparedWay::sse,
           .rounds = {example_round(2ms, 20, 4000), example_round(2ms, 20, 4000)}}};
}

inline CompareReport example_report() {
  CompareReport out;
  out.conditions = {.message_bytes = 200,
                    .rate = 10,
                    .readers = 2,
                    .publishers = 1,
                    .seconds = 1,
                    .rounds = 2,
                    .network = "none",
                    .late_seconds = 1,
                    .poll_every_seconds = 1,
                    .needs = {},
                    .program = "rtrelay 0.1.0",
                    .command = "rtrelay compare",
                    .time = "2026-12-01T02:03:04.567890Z",
                    .processor = "A processor",
                    .processors = 2,
                    .system = "Linux 6.1"};
  out.ways = example_ways();
  out.verdict = verdict(candidates_of(out.ways));
  return out;
}

}  // namespace rt
