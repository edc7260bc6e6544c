#include "codec/message_variables.hpp"

#include <cstddef>

#include "base/clock.hpp"
#include "codec/envelope.hpp"
#include "model/topic.hpp"

namespace rt {
namespace {

// A system has room for 128 KiB in one variable (Linux), or for 1 MiB in all (macOS).
constexpr std::size_t kMostBytes = 32u << 10;

}  // namespace

std::vector<std::pair<std::string, std::string>> message_variables(const Message& message,
                                                                   Transport transport) {
  std::vector<std::pair<std::string, std::string>> out;
  const auto add = [&](std::string_view name, std::string value) {
    if (value.empty() || value.size() > kMostBytes || value.find('\0') != std::string::npos) return;
    out.emplace_back(std::string(kVariablePrefix).append(name), std::move(value));
  };
  add("PROTO", std::string(name_of(transport)));
  add("KIND", message.kind == PayloadKind::text ? "text" : "binary");
  add("LENGTH", std::to_string(message.payload.size()));
  add("CHANNEL", message.channel);
  if (transport == Transport::mqtt) add("TOPIC", topic_of(message.channel));
  add("ID", message.id);
  add("EVENT", message.event);
  if (message.time != WallTime{}) add("TIME", format_time(message.time));
  add("CONTENT_TYPE", message.content_type);
  add("ORIGIN_ID", message.origin_id);
  if (message.retain) add("RETAIN", "1");
  if (message.qos > 0) add("QOS", std::to_string(message.qos));
  if (message.mqtt) {
    add("RESPONSE_TOPIC", message.mqtt->response_topic);
    add("CORRELATION", message.mqtt->correlation);
    if (message.mqtt->expiry) add("EXPIRY", std::to_string(*message.mqtt->expiry));
  }
  if (!message.properties.empty()) {
    std::string json;
    envelope::append_property_list(json, message.properties);
    add("PROPERTIES", std::move(json));
  }
  return out;
}

}  // namespace rt
