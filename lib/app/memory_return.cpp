#include "app/memory_return.hpp"

#include <algorithm>
#include <utility>

#include "io/process/free_memory.hpp"

namespace rt {
namespace {

constexpr std::size_t kMuch = 16u << 20;
constexpr std::size_t kMuchElse = 8u << 20;  // that nobody has accounted for
constexpr Milliseconds kInterval = 2s;
constexpr int kMostPatience = 16;  // intervals

}  // namespace

MemoryReturn::MemoryReturn(Deadlines& deadlines, std::function<Held()> held)
    : deadlines_(deadlines), held_(std::move(held)) {
  free_large_blocks_at_once();
  deadlines_.set(*this, kInterval);
}

void MemoryReturn::on_deadline() {
  const Held held = held_();
  highest_ = std::max(highest_, held.highest);
  const auto other = [&held] {
    const std::size_t resident = resident_memory();
    return resident - std::min(resident, held.now);
  };
  const std::size_t now = other();
  const bool grown = other_ != 0 && now >= other_ + kMuchElse;
  waited_ = grown ? waited_ + 1 : 0;
  if (!grown) patience_ = std::max(patience_ / 2, 1);
  if (highest_ >= held.now + kMuch || waited_ >= patience_) {
    // What traffic has back again and again is not worth the time.
    if (grown) patience_ = std::min(patience_ * 2, kMostPatience);
    waited_ = 0;
    return_free_memory();
    highest_ = held.now;
    // What is there yet is in use: it is not looked for again.
    other_ = other();
  } else if (now != 0 && (other_ == 0 || now < other_)) {
    other_ = now;
  }
  deadlines_.set(*this, kInterval);
}

}  // namespace rt
