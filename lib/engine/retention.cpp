#include "engine/retention.hpp"

#include <algorithm>

namespace rt {
namespace {

constexpr std::size_t kOverhead =
    1000;  // of Mosquitto, beside topic and payload: what describes it
// It has a packet three times while it passes it on: as it comes, as it keeps it, and for a reader.
constexpr std::size_t kCopies = 3;
constexpr Milliseconds kFirst = 10s;
constexpr Milliseconds kMost = 10min;
constexpr Milliseconds kForgets = 1h;

}  // namespace

bool Retention::take(std::string_view topic, std::size_t payload) {
  if (memory_ == 0) return true;
  if (closed_until_) {
    ++refused_;
    return false;
  }
  const std::uint64_t key = hash_(topic);
  const auto known = kept_.find(key);
  if (payload == 0) {
    if (known == kept_.end()) return true;
    bytes_ -= known->second;
    kept_.erase(known);
    return true;
  }
  const std::size_t cost = payload + topic.size() + kOverhead;
  if (known != kept_.end()) {
    bytes_ = bytes_ - known->second + cost;
    known->second = cost;
    return true;
  }
  const std::size_t after = bytes_ + cost;
  if (after > memory_ / 2 || after + kCopies * payload > memory_) {
    ++refused_;
    return false;
  }
  kept_.emplace(key, cost);
  bytes_ = after;
  return true;
}

void Retention::begin(SteadyTime now) {
  if (closed_until_ && now >= *closed_until_) closed_until_.reset();
  kept_.clear();
  bytes_ = 0;
}

Milliseconds Retention::note_full(SteadyTime now) {
  const bool again = last_full_ && now - *last_full_ < kForgets;
  closed_for_ = again ? std::min(closed_for_ * 2, kMost) : kFirst;
  last_full_ = now;
  closed_until_ = now + closed_for_;
  return closed_for_;
}

}  // namespace rt
