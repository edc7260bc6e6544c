#include "codec/mqtt_publish.hpp"

#include <algorithm>

namespace rt::mqtt {
namespace {

constexpr char kPayloadFormat = 0x01;
constexpr char kSubscriptionIdentifier = 0x0B;

// Takes a number of two bytes off the front.
std::optional<std::uint16_t> take_number(std::string_view& bytes) {
  if (bytes.size() < 2) return std::nullopt;
  const auto high = static_cast<std::uint8_t>(bytes[0]);
  const auto low = static_cast<std::uint8_t>(bytes[1]);
  bytes.remove_prefix(2);
  return static_cast<std::uint16_t>(high << 8 | low);
}

// Section 1.5.5: in the fewest bytes.
std::optional<std::uint32_t> take_variable(std::string_view& bytes) {
  std::uint32_t number = 0;
  for (std::size_t i = 0; i < std::min<std::size_t>(4, bytes.size()); ++i) {
    const auto byte = static_cast<std::uint8_t>(bytes[i]);
    number |= static_cast<std::uint32_t>(byte & 127) << (7 * i);
    if (byte >= 128) continue;
    if (i > 0 && byte == 0) return std::nullopt;
    bytes.remove_prefix(i + 1);
    return number;
  }
  return std::nullopt;
}

std::optional<std::string_view> take(std::string_view& bytes, std::size_t size) {
  if (bytes.size() < size) return std::nullopt;
  const std::string_view taken = bytes.substr(0, size);
  bytes.remove_prefix(size);
  return taken;
}

void append_variable(std::string& out, std::size_t number) {
  for (; number > 127; number >>= 7) out += static_cast<char>(0x80 | (number & 127));
  out += static_cast<char>(number);
}

std::size_t variable_size(std::size_t number) {
  return number < 128 ? 1 : number < 16'384 ? 2 : number < 2'097'152 ? 3 : 4;
}

void append_number(std::string& out, std::size_t number) {
  out += static_cast<char>(number >> 8);
  out += static_cast<char>(number & 255);
}

std::size_t remaining_length(const Publish& publish, bool v5) {
  std::size_t length = 2 + publish.topic.size() + publish.payload.size();
  if (publish.qos > 0) length += 2;
  if (v5) length += variable_size(publish.properties.size()) + publish.properties.size();
  return length;
}

}  // namespace

std::optional<Publish> read_publish(const Packet& packet, bool v5) {
  Publish out;
  out.qos = packet.qos();
  out.retain = (packet.flags & 1) != 0;
  out.dup = (packet.flags & 8) != 0;
  std::string_view rest = packet.body;
  const auto length = take_number(rest);
  if (!length) return std::nullopt;
  const auto topic = take(rest, *length);
  if (!topic) return std::nullopt;
  out.topic = *topic;
  if (out.qos > 0) {
    const auto id = take_number(rest);
    if (!id) return std::nullopt;
    out.id = *id;
  }
  if (v5) {
    const auto size = take_variable(rest);
    if (!size) return std::nullopt;
    const auto properties = take(rest, *size);
    if (!properties) return std::nullopt;
    out.properties = *properties;
  }
  out.payload = rest;
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
  append_number(out, publish.topic.size());
  out += publish.topic;
  if (publish.qos > 0) append_number(out, publish.id);
  if (v5) {
    append_variable(out, publish.properties.size());
    out += publish.properties;
  }
  out += publish.payload;
}

std::string at_least_once(const Packet& packet) {
  constexpr char kQosBits = 6;
  constexpr char kQos1 = 2;
  std::string out(packet.bytes);
  out[0] = static_cast<char>((out[0] & ~kQosBits) | kQos1);
  return out;
}

std::optional<PlainProperties> read_plain_properties(std::string_view properties) {
  PlainProperties out;
  while (!properties.empty()) {
    const char kind = properties[0];
    properties.remove_prefix(1);
    if (kind == kPayloadFormat) {
      const auto format = take(properties, 1);
      if (!format || out.payload_format || (*format)[0] < 0 || (*format)[0] > 1)
        return std::nullopt;
      out.payload_format = static_cast<std::uint8_t>((*format)[0]);
    } else if (kind == kSubscriptionIdentifier) {
      const auto number = take_variable(properties);
      if (!number || *number == 0) return std::nullopt;
      out.subscription = out.subscription == 0 ? *number : std::min(out.subscription, *number);
    } else {
      return std::nullopt;
    }
  }
  return out;
}

}  // namespace rt::mqtt
