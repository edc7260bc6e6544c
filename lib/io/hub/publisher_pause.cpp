#include "io/hub/publisher_pause.hpp"

#include <algorithm>

namespace rt {
namespace {

constexpr std::size_t kLeastBeginning = 64u << 10;
constexpr std::size_t kMostBeginning = 4u << 20;
constexpr std::size_t kMostWaiting = 64u << 20;

}  // namespace

PublisherPause::PublisherPause(std::string channel, std::size_t memory)
    : channel_(std::move(channel)),
      begins_at_(std::clamp(memory / 64, kLeastBeginning, kMostBeginning)),
      most_(std::clamp(memory / 4, 2 * begins_at_, kMostWaiting)) {}

void PublisherPause::waits(std::size_t bytes) {
  waiting_ = bytes;
  if (bytes > begins_at_) return set(true);
  if (bytes <= begins_at_ / 4) set(false);
}

void PublisherPause::set(bool paused) {
  if (paused_ == paused || (paused && ended_)) return;
  paused_ = paused;
  if (paused) return;
  // What resumes may pause again at once.
  for (std::size_t i = 0; !paused_ && i < waiters_.size(); ++i) waiters_[i]->on_resume();
}

void PublisherPause::end() {
  ended_ = true;
  set(false);
}

}  // namespace rt
