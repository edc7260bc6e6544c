#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/clock.hpp"
#include "engine/histogram.hpp"

namespace rt {

// How a feed stands beside others, in the messages that it has in common with some.
struct FeedLead {
  std::uint64_t shared = 0;
  std::uint64_t first = 0;  // it was, by a millisecond at least
  std::uint64_t tied = 0;   // it came within a millisecond of the first, and somebody else did
  Histogram earlier;        // where it was first: than the next
  Histogram behind;         // where it was neither: the first
};

// Which of several feeds brings the same message first. What has the same key is the same; a key
// that one feed brings twice tells nothing, since nobody knows which is which.
class FeedMatch {
 public:
  static constexpr std::size_t kMostKeys = 4'000'000;

  explicit FeedMatch(std::size_t feeds) : feeds_(feeds) {}

  void came(std::size_t feed, std::string_view key, SteadyTime at);

  std::vector<FeedLead> leads() const;  // of each feed
  std::uint64_t shared() const;         // messages that more than one had
  std::uint64_t repeated() const;       // keys that one feed has brought more than once
  bool full() const { return full_; }   // later keys were not looked at

 private:
  struct Arrival {
    std::size_t feed;
    SteadyTime at;
    bool again = false;
  };
  using Arrivals = std::vector<Arrival>;

  static bool is_repeated(const Arrivals& arrivals);

  std::size_t feeds_;
  // By the hash of the key, which is as long as it likes.
  std::unordered_map<std::uint64_t, Arrivals> seen_;
  bool full_ = false;
};

}  // namespace rt
