#include "engine/backoff.hpp"

#include <algorithm>

namespace rt {
namespace {

constexpr Milliseconds kUnhurried = 500ms;

}  // namespace

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
  const Milliseconds granted = std::max(least_, first);
  if (step_ == 0 && granted < kUnhurried) least_ = std::min(granted * 2, kUnhurried);
  limits_.first = std::min(granted, std::max(limits_.most, Milliseconds(1)));
}

}  // namespace rt
