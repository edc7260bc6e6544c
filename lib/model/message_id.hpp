#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace rt {

// The id that a hub gives: "<epoch>-<sequence>". The epoch is 10 lower-case hex digits, new when
// the hub's memory starts anew; the sequence is decimal, one for the whole hub, from 1. Sequence 0
// stands before every message.
struct MessageId {
  std::uint64_t epoch = 0;  // 40 bits
  std::uint64_t sequence = 0;

  bool operator==(const MessageId&) const = default;
};

std::string to_string(const MessageId& id);
void append(std::string& out, const MessageId& id);

// nullopt for whatever to_string does not give.
std::optional<MessageId> parse_message_id(std::string_view text);

}  // namespace rt
