#include "app/memory_return.hpp"

#include <algorithm>
#include <utility>

#include "io/process/free_memory.hpp"

namespace rt {
namespace {

constexpr std::size_t kMuch = 16u << 20;
constexpr Milliseconds kInterval = 2s;

}  // namespace

MemoryReturn::MemoryReturn(Deadlines& deadlines, std::function<Held()> held)
    : deadlines_(deadlines), held_(std::move(held)) {
  free_large_blocks_at_once();
  deadlines_.set(*this, kInterval);
}

void MemoryReturn::on_deadline() {
  const Held held = held_();
  highest_ = std::max(highest_, held.highest);
  if (highest_ >= held.now + kMuch) {
    return_free_memory();
    highest_ = held.now;
  }
  deadlines_.set(*this, kInterval);
}

}  // namespace rt
