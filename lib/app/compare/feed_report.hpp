#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "app/compare/feed_match.hpp"

namespace rt {

// What one feed has brought while all were watched.
struct FeedFigures {
  std::string name;  // for people
  std::uint64_t messages = 0;
  std::uint64_t bytes = 0;   // of payloads
  std::uint64_t gaps = 0;    // reports of lost ones
  std::uint64_t missed = 0;  // that these name
  std::uint64_t reconnects = 0;
  std::optional<double> longest_silence;  // seconds between two messages
  std::optional<std::string> ended;       // why it ended before the time was over
  FeedLead lead;
};

struct FeedsFigures {
  double seconds = 0;  // that all were watched
  std::vector<FeedFigures> feeds;
  std::uint64_t shared = 0;    // messages that more than one had
  std::uint64_t repeated = 0;  // that are not compared: one feed has had them more than once
  std::uint64_t keyless = 0;   // that are not compared: --same-by names nothing in them
};

// The feeds by number, a line a figure and a column a feed, and who is first, in words.
std::string feeds_table(const FeedsFigures& figures);

// One JSON object, "version" 1, and a newline.
std::string feeds_json(const FeedsFigures& figures);

}  // namespace rt
