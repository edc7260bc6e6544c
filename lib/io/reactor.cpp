#include "io/reactor.hpp"

#include <sys/resource.h>

#include <algorithm>
#include <climits>

namespace rt {

Reactor::Reactor() : scratch_(new char[kScratch]) {}
Reactor::~Reactor() = default;

std::size_t Reactor::raise_descriptor_limit() {
  // macOS reports RLIM_INFINITY but refuses more than OPEN_MAX; lws makes a table of this size.
  constexpr rlim_t kMost = 1u << 18;
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return 256;
  rlim_t wanted = std::min(limit.rlim_max, kMost);
  while (wanted > limit.rlim_cur) {
    rlimit raised = limit;
    raised.rlim_cur = wanted;
    if (setrlimit(RLIMIT_NOFILE, &raised) == 0) return static_cast<std::size_t>(wanted);
    wanted /= 2;
  }
  return static_cast<std::size_t>(std::min(limit.rlim_cur, kMost));
}

}  // namespace rt
