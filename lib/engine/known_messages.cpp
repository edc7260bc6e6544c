#include "engine/known_messages.hpp"

#include <algorithm>
#include <utility>

#include "model/message_id.hpp"

namespace rt {

std::uint64_t KnownMessages::key_of(const Message& message) const {
  std::string_view origin = message.origin_id;
  // Elsewhere than at a hub an id may be anything, and stand for many messages.
  if (origin.empty() && parse_message_id(message.id)) origin = message.id;
  if (origin.empty()) return 0;
  const std::uint64_t of_channel = hash_(message.channel);
  return std::max<std::uint64_t>(1, hash_(origin) ^ (of_channel * 0x9E3779B97F4A7C15u));
}

bool KnownMessages::look_up(const Message& message) {
  const std::uint64_t key = key_of(message);
  if (key == 0) return false;
  if (before_.has(key) || !latest_.insert(key)) return true;
  if (latest_.size() < half_) return false;
  std::swap(before_, latest_);
  latest_.clear();
  return false;
}

}  // namespace rt
