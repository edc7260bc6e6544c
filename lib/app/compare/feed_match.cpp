#include "app/compare/feed_match.hpp"

#include <algorithm>
#include <functional>

namespace rt {
namespace {

constexpr Milliseconds kTie{1};

}  // namespace

void FeedMatch::came(std::size_t feed, std::string_view key, SteadyTime at) {
  const std::uint64_t hash = std::hash<std::string_view>()(key);
  if (seen_.size() >= kMostKeys && !seen_.contains(hash)) {
    full_ = true;
    return;
  }
  Arrivals& arrivals = seen_[hash];
  const auto known = std::find_if(arrivals.begin(), arrivals.end(),
                                  [&](const Arrival& one) { return one.feed == feed; });
  if (known != arrivals.end())
    known->again = true;
  else
    arrivals.push_back({feed, at});
}

bool FeedMatch::is_repeated(const Arrivals& arrivals) {
  return std::any_of(arrivals.begin(), arrivals.end(),
                     [](const Arrival& one) { return one.again; });
}

std::vector<FeedLead> FeedMatch::leads() const {
  std::vector<FeedLead> out(feeds_);
  for (const auto& [hash, seen] : seen_) {
    if (seen.size() < 2 || is_repeated(seen)) continue;
    Arrivals arrivals = seen;
    std::sort(arrivals.begin(), arrivals.end(),
              [](const Arrival& a, const Arrival& b) { return a.at < b.at; });
    const SteadyTime first = arrivals[0].at;
    const bool tie = arrivals[1].at - first < kTie;
    for (const Arrival& one : arrivals) {
      FeedLead& lead = out[one.feed];
      ++lead.shared;
      if (one.at - first >= kTie) {
        lead.behind.add(first, one.at);
      } else if (tie) {
        ++lead.tied;
      } else {
        ++lead.first;
        lead.earlier.add(first, arrivals[1].at);
      }
    }
  }
  return out;
}

std::uint64_t FeedMatch::shared() const {
  return static_cast<std::uint64_t>(std::count_if(
      seen_.begin(), seen_.end(),
      [](const auto& entry) { return entry.second.size() >= 2 && !is_repeated(entry.second); }));
}

std::uint64_t FeedMatch::repeated() const {
  return static_cast<std::uint64_t>(std::count_if(
      seen_.begin(), seen_.end(), [](const auto& entry) { return is_repeated(entry.second); }));
}

}  // namespace rt
