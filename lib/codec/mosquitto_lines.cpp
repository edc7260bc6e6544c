#include "codec/mosquitto_lines.hpp"

#include "base/text.hpp"
#include "codec/mqtt_bytes.hpp"
#include "codec/mqtt_publish.hpp"
#include "model/mqtt_property.hpp"

namespace rt {
namespace {

using mqtt::PacketType;
using mqtt::Reader;

constexpr char kAssignedIdentifier = 0x12;

std::string number(std::uint64_t value) {
  return std::to_string(value);
}

// The client's identifier, or nothing.
std::string identifier_of(const mqtt::Packet& connect) {
  Reader reader(connect.body);
  (void)reader.binary();
  const std::uint32_t version = reader.number(1).value_or(0);
  (void)reader.number(3);
  if (version == 5) (void)reader.bytes(reader.variable().value_or(0));
  return std::string(reader.binary().value_or(""));
}

std::string assigned_by(const mqtt::Packet& connack) {
  Reader reader(connack.body);
  (void)reader.number(2);
  Reader properties(reader.bytes(reader.variable().value_or(0)).value_or(""));
  while (!properties.at_end()) {
    const auto identifier = static_cast<char>(properties.number(1).value_or(0));
    const MqttPropertyKind* const kind = mqtt_property_kind(static_cast<std::uint8_t>(identifier));
    if (kind == nullptr) break;
    switch (kind->form) {
      case MqttPropertyForm::byte:
        (void)properties.number(1);
        break;
      case MqttPropertyForm::two:
        (void)properties.number(2);
        break;
      case MqttPropertyForm::four:
        (void)properties.number(4);
        break;
      case MqttPropertyForm::variable:
        (void)properties.variable();
        break;
      case MqttPropertyForm::pair:
        (void)properties.binary();
        [[fallthrough]];
      default: {
        const std::string_view text = properties.binary().value_or("");
        if (identifier == kAssignedIdentifier) return std::string(text);
      }
    }
  }
  return {};
}

std::string publication(const mqtt::Packet& packet, bool v5, std::uint16_t id) {
  const auto publish = mqtt::read_publish(packet, v5);
  if (!publish) return "PUBLISH";
  return std::string("PUBLISH (d") + (publish->dup ? '1' : '0') + ", q" + number(publish->qos) +
         ", r" + (publish->retain ? '1' : '0') + ", m" + number(id) + ", '" +
         printable(publish->topic, 65535) + "', ... (" +
         number(publish->payload.size() + packet.omitted) + " bytes))";
}

// Of each filter in SUBSCRIBE and UNSUBSCRIBE.
template <class Line>
void each_filter(const mqtt::Packet& packet, bool v5, const Line& line) {
  Reader reader(packet.body);
  const std::string id = number(reader.number(2).value_or(0));
  if (v5) (void)reader.bytes(reader.variable().value_or(0));
  while (!reader.at_end()) {
    const auto filter = reader.binary();
    if (!filter) return;
    std::string text = " (Mid: " + id + ", Topic: " + printable(*filter, 65535);
    if (packet.type == PacketType::subscribe) {
      const std::uint32_t options = reader.number(1).value_or(0);
      constexpr std::string_view kHex = "0123456789abcdef";
      text += ", QoS: " + number(options & 3) + ", Options: 0x" + kHex[options >> 4 & 15] +
              kHex[options & 12];
    }
    line(text + ")");
  }
}

std::string sent_packet(const mqtt::Packet& packet, bool v5, std::uint16_t last_id) {
  const std::string id = number(mqtt::packet_id(packet).value_or(0));
  switch (packet.type) {
    case PacketType::connect:
      return "CONNECT";
    case PacketType::publish:
      return publication(packet, v5,
                         packet.qos() > 0 ? mqtt::packet_id(packet).value_or(0) : last_id);
    case PacketType::puback:
      return "PUBACK (m" + id + ", rc0)";
    case PacketType::pubrec:
      return "PUBREC (m" + id + ", rc0)";
    case PacketType::pubrel:
      return "PUBREL (m" + id + ")";
    case PacketType::pubcomp:
      return "PUBCOMP (m" + id + ")";
    case PacketType::pingreq:
      return "PINGREQ";
    case PacketType::disconnect:
      return "DISCONNECT";
    default:
      return {};
  }
}

std::string received_packet(const mqtt::Packet& packet, bool v5) {
  const std::string id = number(mqtt::packet_id(packet).value_or(0));
  const std::string reason = number(mqtt::reason_code(packet));
  switch (packet.type) {
    case PacketType::connack:
      return "CONNACK (" + reason + ")";
    case PacketType::publish:
      return publication(packet, v5, mqtt::packet_id(packet).value_or(0));
    case PacketType::puback:
      return "PUBACK (Mid: " + id + ", RC:" + reason + ")";
    case PacketType::pubrec:
      return "PUBREC (Mid: " + id + ")";
    case PacketType::pubrel:
      return "PUBREL (Mid: " + id + ")";
    case PacketType::pubcomp:
      return "PUBCOMP (Mid: " + id + ", RC:" + reason + ")";
    case PacketType::suback:
      return "SUBACK";
    case PacketType::unsuback:
      return "UNSUBACK";
    case PacketType::pingresp:
      return "PINGRESP";
    case PacketType::disconnect:
      return "DISCONNECT (" + reason + ")";
    default:
      return {};
  }
}

}  // namespace

void MosquittoLines::note_id(const mqtt::Packet& packet) {
  const bool publication = packet.type == PacketType::publish;
  const bool gives =
      publication || packet.type == PacketType::subscribe || packet.type == PacketType::unsubscribe;
  if (!gives) return;
  if (publication && packet.qos() == 0)
    ++last_id_;
  else
    last_id_ = mqtt::packet_id(packet).value_or(last_id_);
}

void MosquittoLines::describe(bool sent, const mqtt::Packet& packet, bool v5,
                              const std::function<void(const std::string&)>& line) {
  if (sent && packet.type == PacketType::connect) {
    const std::string identifier = identifier_of(packet);
    if (!identifier.empty()) client_ = printable(identifier, 65535);
  }
  if (!sent && packet.type == PacketType::connack && v5) {
    const std::string assigned = assigned_by(packet);
    if (!assigned.empty()) client_ = printable(assigned, 65535);
  }
  if (sent) note_id(packet);
  const std::string begin = "Client " + client_ + (sent ? " sending " : " received ");
  if (sent && packet.type == PacketType::subscribe)
    return each_filter(packet, v5,
                       [&](const std::string& rest) { line(begin + "SUBSCRIBE" + rest); });
  if (sent && packet.type == PacketType::unsubscribe)
    return each_filter(packet, v5,
                       [&](const std::string& rest) { line(begin + "UNSUBSCRIBE" + rest); });
  const std::string text = sent ? sent_packet(packet, v5, last_id_) : received_packet(packet, v5);
  if (!text.empty()) line(begin + text);
}

}  // namespace rt
