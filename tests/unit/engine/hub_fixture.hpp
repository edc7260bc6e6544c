#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine/hub.hpp"

namespace rt {

inline constexpr std::uint64_t kEpoch = 0xABCDEF0123;
inline constexpr MessageId kStartId{kEpoch, 0};
inline const SteadyTime kStart{1h};

inline MessagePtr message_of(std::string payload) {
  auto message = std::make_shared<Message>();
  message->payload = std::move(payload);
  return message;
}

// As whoever publishes does: null when there is no room for the channel.
inline Entry* publish(Hub& hub, std::string_view channel, MessagePtr message, SteadyTime now,
                      const void* origin) {
  Channel* const window = hub.open(channel);
  if (window == nullptr) return nullptr;
  Record record{channel, std::move(message), origin, window, hub.last_sequence() + 1};
  return hub.apply(record, now);
}

// Publishes and gives the id; the hub has room.
inline MessageId put(Hub& hub, std::string_view channel, std::string payload,
                     SteadyTime now = kStart) {
  const Entry* const entry = publish(hub, channel, message_of(std::move(payload)), now, nullptr);
  return entry != nullptr ? hub.id_of(*entry) : MessageId{};
}

// The payloads from `position` to the end of the channel.
inline std::vector<std::string> payloads(Channel& channel, std::uint64_t position) {
  std::vector<std::string> out;
  for (; position < channel.end(); ++position) out.push_back(channel.at(position).message->payload);
  return out;
}

// Of the whole window.
inline std::vector<std::string> window(Hub& hub, std::string_view name) {
  Channel* const channel = hub.find(name);
  if (channel == nullptr) return {"no channel"};
  return payloads(*channel, channel->begin());
}

// What things cost in a hub of their own.
inline std::size_t channel_cost(std::string_view name) {
  Hub hub({}, kStartId);
  hub.open(name);
  return hub.memory_used();
}
inline std::size_t entry_cost(std::size_t payload_size) {
  Hub hub({}, kStartId);
  put(hub, "/x", std::string(payload_size, 'p'));
  return hub.find("/x")->bytes();
}
inline std::size_t wire_cost(std::size_t size) {
  Hub hub({}, kStartId);
  put(hub, "/x", "");
  const std::size_t before = hub.memory_used();
  hub.keep_wire(hub.find("/x")->back(), 0, share(std::string(size, 'w')));
  return hub.memory_used() - before;
}

}  // namespace rt
