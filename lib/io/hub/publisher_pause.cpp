#include "io/hub/publisher_pause.hpp"

namespace rt {

void PublisherPause::set(bool paused) {
  if (paused_ == paused) return;
  paused_ = paused;
  bytes_ = 0;
  if (paused) return;
  // What resumes may pause again at once.
  for (std::size_t i = 0; !paused_ && i < waiters_.size(); ++i) waiters_[i]->on_resume();
}

}  // namespace rt
