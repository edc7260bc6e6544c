#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace rt {

// A set of numbers other than 0 that are as well spread as hashes are, in one piece of memory.
class KeySet {
 public:
  bool has(std::uint64_t key) const { return !slots_.empty() && slots_[place_of(key)] == key; }
  // True when it is new.
  bool insert(std::uint64_t key) {
    if (2 * size_ >= slots_.size()) grow();
    std::uint64_t& slot = slots_[place_of(key)];
    if (slot == key) return false;
    slot = key;
    ++size_;
    return true;
  }
  std::size_t size() const { return size_; }
  // Its memory stays.
  void clear() {
    slots_.assign(slots_.size(), 0);
    size_ = 0;
  }

 private:
  static constexpr std::size_t kFirstSlots = 64;

  // Where it is or, if it is not there, would be: half of the slots at least are free.
  std::size_t place_of(std::uint64_t key) const {
    const std::size_t mask = slots_.size() - 1;
    std::size_t at = key & mask;
    while (slots_[at] != 0 && slots_[at] != key) at = (at + 1) & mask;
    return at;
  }
  void grow() {
    std::vector<std::uint64_t> old(slots_.empty() ? kFirstSlots : 2 * slots_.size());
    old.swap(slots_);
    for (const std::uint64_t key : old)
      if (key != 0) slots_[place_of(key)] = key;
  }

  std::vector<std::uint64_t> slots_;  // 0: free; a power of two of them
  std::size_t size_ = 0;
};

}  // namespace rt
