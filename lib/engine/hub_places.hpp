#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/message_id.hpp"

namespace rt {

// How far somebody has got in one channel with what several hubs gave to it: of each hub the
// highest id that a message bore first. What a bus and relays pass on of one hub stays in its
// order, so all before that is known, too. Of many hubs the latest are kept.
class HubPlaces {
 public:
  static constexpr std::size_t kMost = 8;

  // The message of this id is known, and those of its hub before it.
  void raise(const MessageId& id);
  bool covers(const MessageId& id) const;
  // Something is known of that hub.
  bool has(std::uint64_t epoch) const { return find(epoch) != nullptr; }

  // Appends ",ID" for each hub but that of this epoch.
  void append_others(std::string& out, std::uint64_t epoch) const;
  // Of "ID,ID". nullopt: it is something else, or there are more than kMost.
  static std::optional<HubPlaces> parse(std::string_view text);

 private:
  const MessageId* find(std::uint64_t epoch) const;

  std::vector<MessageId> ids_;  // the one that was new last is the last
};

}  // namespace rt
