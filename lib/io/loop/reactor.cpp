#include "io/loop/reactor.hpp"

#include <fcntl.h>
#include <sys/resource.h>

#include <algorithm>
#include <climits>
#include <set>
#include <string>

#include "io/loop/named_executor.hpp"

namespace rt {
namespace {

constexpr std::size_t kFreeDescriptors = 24;

// A handler may come to its end long after who began it.
const std::string* lasting(const std::string& name) {
  static std::set<std::string> names;
  return &*names.insert(name).first;
}

}  // namespace

// One thread runs the loop: no locks among its handlers.
Reactor::Reactor()
    : whole_(*this),
      context_(std::make_unique<asio::io_context>(1)),
      scratch_(new char[kScratch]),
      executor_(context_->get_executor()) {}
Reactor::Reactor(Reactor& whole, const std::string& name)
    : whole_(whole.whole_),
      executor_(NamedExecutor(whole_.context_->get_executor(), lasting(name))) {}
Reactor::~Reactor() = default;

std::size_t Reactor::raise_descriptor_limit() {
  // macOS reports RLIM_INFINITY but refuses more than OPEN_MAX.
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

Result<void> Reactor::ensure_descriptors() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return {};
  std::size_t unused = 0;
  std::size_t used_below_limit = 0;
  rlim_t needed = 0;
  for (; needed < limit.rlim_max && needed < INT_MAX && unused < kFreeDescriptors; ++needed) {
    const bool open = fcntl(static_cast<int>(needed), F_GETFD) >= 0;
    if (!open) ++unused;
    if (open && needed < limit.rlim_cur) ++used_below_limit;
  }
  const bool enough = unused == kFreeDescriptors;
  if (enough && needed <= limit.rlim_cur) return {};
  const rlim_t had = limit.rlim_cur;
  limit.rlim_cur = needed;
  if (enough && setrlimit(RLIMIT_NOFILE, &limit) == 0) return {};
  return Error(Fault::other,
               "no more than " + std::to_string(had) + " files may be open at a time, and " +
                   std::to_string(used_below_limit) + " are: " + std::to_string(kFreeDescriptors) +
                   " more are needed (ulimit -n)");
}

}  // namespace rt
