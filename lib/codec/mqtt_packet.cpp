#include "codec/mqtt_packet.hpp"

#include <algorithm>

namespace rt::mqtt {
namespace {

constexpr std::size_t kLongestHead = 5;  // the first byte, and four of the remaining length

std::uint8_t byte_at(std::string_view bytes, std::size_t at) {
  return static_cast<std::uint8_t>(bytes[at]);
}

std::optional<std::uint16_t> number_at(std::string_view bytes, std::size_t at) {
  if (bytes.size() < at + 2) return std::nullopt;
  return static_cast<std::uint16_t>(byte_at(bytes, at) << 8 | byte_at(bytes, at + 1));
}

Packet packet_of(std::string_view bytes, std::size_t head) {
  const std::uint8_t first = byte_at(bytes, 0);
  return {static_cast<PacketType>(first >> 4), static_cast<std::uint8_t>(first & 15), bytes,
          bytes.substr(head)};
}

}  // namespace

std::optional<std::uint16_t> packet_id(const Packet& packet) {
  switch (packet.type) {
    case PacketType::publish: {
      if (packet.qos() == 0) return std::nullopt;
      const auto topic = number_at(packet.body, 0);
      if (!topic) return std::nullopt;
      return number_at(packet.body, 2u + *topic);
    }
    case PacketType::puback:
    case PacketType::pubrec:
    case PacketType::pubrel:
    case PacketType::pubcomp:
    case PacketType::subscribe:
    case PacketType::suback:
    case PacketType::unsubscribe:
    case PacketType::unsuback:
      return number_at(packet.body, 0);
    default:
      return std::nullopt;
  }
}

std::uint8_t reason_code(const Packet& packet) {
  std::size_t at = 2;
  if (packet.type == PacketType::disconnect) at = 0;
  if (packet.type == PacketType::connack) at = 1;
  return packet.body.size() > at ? byte_at(packet.body, at) : std::uint8_t{0};
}

void append_acknowledgement(std::string& out, PacketType type, std::uint16_t id) {
  const unsigned flags = type == PacketType::pubrel ? 2 : 0;  // section 3.6.1
  out += static_cast<char>(static_cast<unsigned>(type) << 4 | flags);
  out += '\2';
  out += static_cast<char>(id >> 8);
  out += static_cast<char>(id & 255);
}

std::optional<PacketSplitter::Head> PacketSplitter::read_head(std::string_view bytes) {
  if (bytes.empty()) return Head();
  if (byte_at(bytes, 0) >> 4 == 0) {
    status_ = Error(Fault::protocol, "what came is not MQTT: no packet begins so");
    return std::nullopt;
  }
  std::size_t length = 0;
  for (std::size_t i = 1; i < kLongestHead; ++i) {
    if (i == bytes.size()) return Head();
    length |= static_cast<std::size_t>(byte_at(bytes, i) & 127) << (7 * (i - 1));
    if (byte_at(bytes, i) < 128) {
      const bool publish = byte_at(bytes, 0) >> 4 == static_cast<int>(PacketType::publish);
      if (i + 1 + length > max_packet_ && !publish) {
        status_ = Error(Fault::protocol, "a packet of " + std::to_string(i + 1 + length) +
                                             " bytes is too large (--max-message)");
        return std::nullopt;
      }
      return Head{i + 1, i + 1 + length};
    }
  }
  status_ = Error(Fault::protocol, "what came is not MQTT: a packet's length is malformed");
  return std::nullopt;
}

std::optional<Packet> PacketSplitter::complete_cut_packet() {
  for (;;) {
    const auto head = read_head(cut_);
    if (!head) return std::nullopt;
    const bool large = head->total > max_packet_;
    std::size_t wanted = cut_.size() + 1;
    if (head->size != 0) wanted = large ? beginning_of(*head) : head->total;
    const std::size_t missing = std::min(wanted - cut_.size(), rest_.size());
    cut_.append(rest_.substr(0, missing));
    rest_.remove_prefix(missing);
    if (cut_.size() < wanted) return std::nullopt;
    if (head->size == 0 || (large && cut_.size() < beginning_of(*head))) continue;
    if (large) {
      large_ = *head;
      to_pass_ = head->total - cut_.size();
      return pass_over();
    }
    cut_given_ = true;
    return packet_of(cut_, head->size);
  }
}

// As far as its length is known: the topic and the identifier.
std::size_t PacketSplitter::beginning_of(const Head& head) const {
  const auto topic = number_at(cut_, head.size);
  return std::min(head.total, head.size + 2 + (topic ? *topic + 2u : 0u));
}

std::optional<Packet> PacketSplitter::pass_over() {
  const std::size_t passed = std::min(to_pass_, rest_.size());
  rest_.remove_prefix(passed);
  to_pass_ -= passed;
  if (to_pass_ > 0) return std::nullopt;
  cut_given_ = true;
  Packet packet = packet_of(cut_, large_.size);
  packet.omitted = large_.total - cut_.size();
  large_ = {};
  return packet;
}

std::optional<Packet> PacketSplitter::next() {
  if (!status_) return std::nullopt;
  if (cut_given_) {
    cut_given_ = false;
    // One large packet does not keep its memory.
    if (cut_.capacity() > 65536)
      cut_ = std::string();
    else
      cut_.clear();
  }
  if (large_.size != 0) return pass_over();
  if (!cut_.empty()) return complete_cut_packet();
  const auto head = read_head(rest_);
  if (!head) return std::nullopt;
  if (head->total > max_packet_) return complete_cut_packet();
  if (head->size == 0 || head->total > rest_.size()) {
    cut_.assign(rest_);
    rest_ = {};
    return std::nullopt;
  }
  const std::string_view bytes = rest_.substr(0, head->total);
  rest_.remove_prefix(head->total);
  return packet_of(bytes, head->size);
}

}  // namespace rt::mqtt
