#include "engine/dedupe.hpp"

#include <algorithm>

namespace rt {

Dedupe::Verdict Dedupe::judge(const Message& message) const {
  if (std::find(message.via.begin(), message.via.end(), relay_id_) != message.via.end())
    return Verdict::own;
  return message.via.size() >= kMostRelays ? Verdict::too_far : Verdict::fresh;
}

void Dedupe::mark(Message& message) const {
  if (message.origin_id.empty()) message.origin_id = message.id;
  message.via.push_back(relay_id_);
}

}  // namespace rt
