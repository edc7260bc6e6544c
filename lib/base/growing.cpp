#include "base/growing.hpp"

#include <algorithm>
#include <utility>

namespace rt {
namespace {

constexpr std::size_t kLong = 64u << 10;  // a copy of less costs more than its room

}  // namespace

std::size_t grown_capacity(const std::string& text, std::size_t needed, std::size_t limit) {
  if (needed <= text.capacity()) return text.capacity();
  return std::max(needed, std::min(text.capacity() * 2, limit));
}

void grow_exactly(std::string& text, std::size_t capacity) {
  if (capacity <= text.capacity()) return;
  std::string grown;
  grown.reserve(capacity);
  grown += text;
  text = std::move(grown);
}

void drop_spare_room(std::string& text) {
  if (text.size() < kLong || text.capacity() - text.size() <= text.size() / 4) return;
  std::string exact;
  exact.reserve(text.size());
  exact += text;
  text = std::move(exact);
}

}  // namespace rt
