#include "engine/hub_change.hpp"

namespace rt {
namespace {

const std::string& first_id(const Message& message) {
  return message.origin_id.empty() ? message.id : message.origin_id;
}

// Reports have none.
std::optional<MessageId> last_id(const Batch& batch) {
  for (auto message = batch.rbegin(); message != batch.rend(); ++message)
    if (!(*message)->id.empty()) return parse_message_id((*message)->id);
  return std::nullopt;
}

}  // namespace

void HubChange::change_to(std::uint64_t epoch) {
  if (hub_) before_ = places_;
  hub_ = epoch;
}

bool HubChange::knows(const Message& message) const {
  if (message.gap) return false;
  const auto id = parse_message_id(first_id(message));
  return id && before_->covers(*id);
}

// Of the hub's own ids the last says it all; only what bears another one's is looked at.
void HubChange::pass(Batch& batch) {
  const auto last = last_id(batch);
  if (!last) return;
  if (hub_ != last->epoch) change_to(last->epoch);
  if (before_ && !keeps_doubles_)
    doubles_ += std::erase_if(batch, [this](const MessagePtr& message) { return knows(*message); });
  for (const MessagePtr& message : batch) {
    if (message->origin_id.empty()) continue;
    const auto origin = parse_message_id(message->origin_id);
    // A hub's own ids come as origins where something old is published again.
    if (origin && origin->epoch != *hub_) places_.raise(*origin);
  }
  places_.raise(*last);
}

std::string HubChange::cursor(std::string_view id) const {
  std::string out(id);
  if (const auto own = parse_message_id(id)) places_.append_others(out, own->epoch);
  return out;
}

}  // namespace rt
