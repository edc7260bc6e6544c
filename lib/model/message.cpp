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

Amount amount_of(Messages messages) {
  Amount amount;
  for (const MessagePtr& message : messages) {
    if (message->gap) continue;
    ++amount.messages;
    amount.bytes += message->payload.size();
  }
  return amount;
}

}  // namespace rt
