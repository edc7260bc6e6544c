#include "model/message.hpp"

namespace rt {

std::string_view name_of(Transport transport) {
  switch (transport) {
    case Transport::poll:
      return "poll";
    case Transport::sse:
      return "sse";
    case Transport::ws:
      return "ws";
    case Transport::mqtt:
      return "mqtt";
  }
  return "unknown";
}

Amount amount_of(const Batch& batch, std::size_t number) {
  Amount amount;
  for (std::size_t i = 0; i < number; ++i) {
    if (batch[i]->gap) continue;
    ++amount.messages;
    amount.bytes += batch[i]->payload.size();
  }
  return amount;
}

}  // namespace rt
