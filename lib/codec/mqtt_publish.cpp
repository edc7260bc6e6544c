#include "codec/mqtt_publish.hpp"

#include "codec/mqtt_bytes.hpp"

namespace rt::mqtt {
namespace {

constexpr std::size_t kAliasBytes = 3;

std::size_t properties_size(const Publish& publish) {
  return publish.properties.size() + (publish.alias != 0 ? kAliasBytes : 0);
}

std::size_t remaining_length(const Publish& publish, bool v5) {
  std::size_t length = 2 + publish.topic.size() + publish.payload.size();
  if (publish.qos > 0) length += 2;
  if (v5) length += variable_size(properties_size(publish)) + properties_size(publish);
  return length;
}

}  // namespace

std::optional<Publish> read_publish(const Packet& packet, bool v5) {
  Publish out;
  out.qos = packet.qos();
  out.retain = (packet.flags & 1) != 0;
  out.dup = (packet.flags & 8) != 0;
  Reader reader(packet.body);
  const auto topic = reader.binary();
  if (!topic) return std::nullopt;
  out.topic = *topic;
  if (out.qos > 0) {
    const auto id = reader.number(2);
    if (!id) return std::nullopt;
    out.id = static_cast<std::uint16_t>(*id);
  }
  if (v5) {
    const auto size = reader.variable();
    const auto properties = size ? reader.bytes(*size) : std::nullopt;
    if (!properties) return std::nullopt;
    out.properties = *properties;
  }
  out.payload = reader.rest();
  return out;
}

std::size_t publish_size(const Publish& publish, bool v5) {
  const std::size_t length = remaining_length(publish, v5);
  return 1 + variable_size(length) + length;
}

void append_publish(std::string& out, const Publish& publish, bool v5) {
  const unsigned flags = (publish.dup ? 8u : 0u) | static_cast<unsigned>(publish.qos) << 1 |
                         (publish.retain ? 1u : 0u);
  out += static_cast<char>(static_cast<unsigned>(PacketType::publish) << 4 | flags);
  append_variable(out, remaining_length(publish, v5));
  append_binary(out, publish.topic);
  if (publish.qos > 0) append_number(out, publish.id);
  if (v5) {
    append_variable(out, properties_size(publish));
    if (publish.alias != 0) {
      out += '\x23';
      append_number(out, publish.alias);
    }
    out += publish.properties;
  }
  out += publish.payload;
}

}  // namespace rt::mqtt
