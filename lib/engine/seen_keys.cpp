#include "engine/seen_keys.hpp"

#include <functional>

namespace rt {
namespace {

constexpr std::size_t kShort = 64;

std::string remembered(std::string_view key) {
  if (key.size() <= kShort) return std::string(key);
  return std::string(key.substr(0, kShort)) + ":" + std::to_string(key.size()) + ":" +
         std::to_string(std::hash<std::string_view>()(key));
}

}  // namespace

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
  const auto [found, is_new] = last_.try_emplace(remembered(key), list_);
  found->second = list_;
  return is_new;
}

}  // namespace rt
