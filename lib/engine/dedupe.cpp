#include "engine/dedupe.hpp"

#include <algorithm>

namespace rt {

std::string Dedupe::make_id(Random& random) {
  std::string id = "r";
  std::uint64_t bits = random.next();
  for (int i = 0; i < 12; ++i, bits >>= 5) id += "0123456789abcdefghijklmnopqrstuv"[bits & 31];
  return id;
}

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
