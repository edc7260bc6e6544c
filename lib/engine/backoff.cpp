#include "engine/backoff.hpp"

#include <algorithm>

namespace rt {

Milliseconds Backoff::next(Random& random) {
  const std::int64_t most = std::max<std::int64_t>(limits_.most.count(), 1);
  std::int64_t delay = std::clamp<std::int64_t>(limits_.first.count(), 1, most);
  for (unsigned i = 0; i < step_ && delay < most; ++i) delay = delay > most / 2 ? most : delay * 2;
  if (delay < most) ++step_;
  const std::int64_t half = delay / 2;
  const double part = random.next_unit() * static_cast<double>(delay - half + 1);
  return Milliseconds(std::min(delay, half + static_cast<std::int64_t>(part)));
}

void Backoff::set_first(Milliseconds first) {
  limits_.first = std::max(Milliseconds(10), std::min(first, limits_.most));
}

}  // namespace rt
