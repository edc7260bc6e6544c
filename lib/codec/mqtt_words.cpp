#include "codec/mqtt_words.hpp"

#include <optional>

#include "codec/mqtt_bytes.hpp"

namespace rt::mqtt {
namespace {

constexpr std::uint8_t kServerReference = 0x1C;
constexpr std::uint8_t kReasonString = 0x1F;

// Before the properties.
std::size_t head_of(PacketType type) {
  switch (type) {
    case PacketType::disconnect:
      return 1;
    case PacketType::connack:
    case PacketType::suback:
      return 2;
    default:
      return 3;
  }
}

// The size of a value that is no text, of those that a broker may send there; 0: it is text.
std::size_t size_of(std::uint32_t identifier) {
  switch (identifier) {
    case 0x11:
    case 0x27:
      return 4;
    case 0x13:
    case 0x21:
    case 0x22:
      return 2;
    case 0x24:
    case 0x25:
    case 0x28:
    case 0x29:
    case 0x2A:
      return 1;
    default:
      return 0;
  }
}

}  // namespace

Words words_of(const Packet& packet) {
  Words out;
  Reader reader(packet.body);
  if (!reader.bytes(head_of(packet.type))) return out;
  const auto size = reader.variable();
  const auto properties = size ? reader.bytes(*size) : std::nullopt;
  if (!properties) return out;
  Reader rest(*properties);
  while (const auto identifier = rest.number(1)) {
    if (const std::size_t bytes = size_of(*identifier); bytes > 0) {
      if (!rest.bytes(bytes)) break;
      continue;
    }
    const auto text = rest.binary();
    if (!text) break;
    if (*identifier == kServerReference) out.server = *text;
    if (*identifier == kReasonString) out.reason = *text;
    // A user property has two.
    if (*identifier == 0x26 && !rest.binary()) break;
  }
  return out;
}

}  // namespace rt::mqtt
