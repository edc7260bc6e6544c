#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "engine/key_set.hpp"
#include "engine/name_hash.hpp"
#include "model/message.hpp"

namespace rt {

// Tells what has come before, by the first id that a message bore and its channel: a hub that takes
// another one's place, or begins its window again, sends with an id of its own what is known. The
// latest are remembered, in bounded memory; messages without such an id are always new.
class KnownMessages {
 public:
  explicit KnownMessages(NameHash hash, std::size_t most = 65'536) : hash_(hash), half_(most / 2) {}

  // True: it has come before. It is remembered.
  bool knows(const Message& message) {
    if (message.origin_id.empty() && message.id.empty()) return false;
    return look_up(message);
  }

 private:
  bool look_up(const Message& message);
  // Of a hub's id, or an origin; 0: it has neither.
  std::uint64_t key_of(const Message& message) const;

  NameHash hash_;
  std::size_t half_;
  KeySet latest_;
  KeySet before_;  // full; goes when latest_ is
};

}  // namespace rt
