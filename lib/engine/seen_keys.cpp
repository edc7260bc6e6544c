#include "engine/seen_keys.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace rt {

void SeenKeys::begin_list() {
  ++list_;
  if (list_ > lists_) forget_before(list_ - lists_);
  if (last_.size() > most_) forget_before(list_ - 1);
}

void SeenKeys::forget_before(std::uint64_t list) {
  for (auto key = last_.begin(); key != last_.end();)
    key = key->second < list ? last_.erase(key) : std::next(key);
}

bool SeenKeys::add(std::string_view key) {
  const auto [found, is_new] = last_.try_emplace(std::string(key), list_);
  found->second = list_;
  return is_new;
}

// Each behind a byte that says its length.
std::string SeenKeys::saved(std::size_t most) const {
  using Key = std::pair<std::uint64_t, std::string_view>;
  std::vector<Key> keys;
  keys.reserve(last_.size());
  for (const auto& [key, list] : last_) keys.emplace_back(list, key);
  // In an order that is the same for the same keys.
  std::sort(keys.begin(), keys.end(), [](const Key& a, const Key& b) {
    return a.first != b.first ? a.first > b.first : a.second < b.second;
  });
  if (keys.size() > most) keys.resize(most);
  std::string out;
  for (const auto& [list, key] : keys) {
    out += static_cast<char>(std::min<std::size_t>(key.size(), 255));
    out += key.substr(0, 255);
  }
  return out;
}

bool SeenKeys::restore(std::string_view saved) {
  std::vector<std::string_view> keys;
  while (!saved.empty()) {
    const std::size_t size = static_cast<unsigned char>(saved.front());
    saved.remove_prefix(1);
    if (size > saved.size()) return false;
    keys.push_back(saved.substr(0, size));
    saved.remove_prefix(size);
  }
  for (const std::string_view key : keys) add(key);
  return true;
}

}  // namespace rt
