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

std::string_view fault_of_properties(const Message& message) {
  if (message.properties.size() + message.via.size() > kMostProperties)
    return "has more than 1000 properties";
  std::size_t bytes = 0;
  for (const auto& [name, value] : message.properties) bytes += name.size() + value.size();
  for (const std::string& relay : message.via) bytes += relay.size();
  return bytes > kMostPropertyBytes ? "has more than 64 KiB of properties" : "";
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
