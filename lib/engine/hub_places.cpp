#include "engine/hub_places.hpp"

#include <algorithm>

namespace rt {

const MessageId* HubPlaces::find(std::uint64_t epoch) const {
  const auto found = std::find_if(ids_.begin(), ids_.end(),
                                  [epoch](const MessageId& id) { return id.epoch == epoch; });
  return found != ids_.end() ? &*found : nullptr;
}

void HubPlaces::raise(const MessageId& id) {
  for (MessageId& known : ids_) {
    if (known.epoch != id.epoch) continue;
    known.sequence = std::max(known.sequence, id.sequence);
    return;
  }
  if (ids_.size() == kMost) ids_.erase(ids_.begin());
  ids_.push_back(id);
}

bool HubPlaces::covers(const MessageId& id) const {
  const MessageId* const known = find(id.epoch);
  return known != nullptr && id.sequence <= known->sequence;
}

void HubPlaces::append_others(std::string& out, std::uint64_t epoch) const {
  for (const MessageId& id : ids_) {
    if (id.epoch == epoch) continue;
    out += ',';
    append(out, id);
  }
}

std::optional<HubPlaces> HubPlaces::parse(std::string_view text) {
  HubPlaces places;
  for (std::size_t number = 0; number < kMost; ++number) {
    const std::size_t comma = text.find(',');
    const auto id = parse_message_id(text.substr(0, comma));
    if (!id) return std::nullopt;
    places.raise(*id);
    if (comma == std::string_view::npos) return places;
    text.remove_prefix(comma + 1);
  }
  return std::nullopt;
}

}  // namespace rt
