#include "codec/ws_describe.hpp"

#include <algorithm>

#include "codec/dump.hpp"

namespace rt::ws {
namespace {

constexpr unsigned kFinBit = 0x80;
constexpr unsigned kMaskBit = 0x80;
constexpr unsigned kCompressedBit = 0x40;

unsigned octet(std::string_view bytes, std::size_t at) {
  return static_cast<unsigned char>(bytes[at]);
}

std::string name_of_opcode(unsigned opcode) {
  switch (opcode) {
    case 0x0:
      return "continuation";
    case 0x1:
      return "text";
    case 0x2:
      return "binary";
    case 0x8:
      return "close";
    case 0x9:
      return "ping";
    case 0xA:
      return "pong";
    default:
      return "opcode-" + std::to_string(opcode);
  }
}

// Section 5.5.1: a code and a reason, or nothing.
std::string describe_close(std::string_view payload) {
  if (payload.empty()) return "close";
  if (payload.size() < 2) return "close (its code is cut short)";
  std::string out = "close " + std::to_string(octet(payload, 0) << 8 | octet(payload, 1));
  if (payload.size() > 2) out += " " + excerpt(payload.substr(2), 123);
  return out;
}

std::uint64_t number(std::string_view bytes) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < bytes.size(); ++i) value = value << 8 | octet(bytes, i);
  return value;
}

}  // namespace

std::string describe(const FrameFacts& frame, std::string_view payload) {
  if (frame.opcode == static_cast<unsigned>(Opcode::close)) return describe_close(payload);
  std::string out = name_of_opcode(frame.opcode) + " " + std::to_string(frame.length);
  if (frame.compressed) out += " compressed=" + std::to_string(*frame.compressed);
  if (!frame.fin) out += " fin=0";
  if (frame.length > 0) out += " " + excerpt(payload);
  return out;
}

std::size_t read_head(std::string_view bytes, FrameFacts& facts, std::uint32_t& mask_key) {
  if (bytes.size() < 2) return 0;
  const unsigned short_length = octet(bytes, 1) & 0x7Fu;
  const std::size_t length_bytes = short_length == 127 ? 8 : short_length == 126 ? 2 : 0;
  const bool masked = (octet(bytes, 1) & kMaskBit) != 0;
  const std::size_t head = 2 + length_bytes + (masked ? 4 : 0);
  if (bytes.size() < head) return 0;
  facts.opcode = octet(bytes, 0) & 0x0Fu;
  facts.fin = (octet(bytes, 0) & kFinBit) != 0;
  facts.reserved = (octet(bytes, 0) & kCompressedBit) != 0;
  facts.length = length_bytes == 0 ? short_length : number(bytes.substr(2, length_bytes));
  const std::string_view key = bytes.substr(2 + length_bytes, masked ? 4 : 0);
  mask_key = static_cast<std::uint32_t>(number(key));
  return head;
}

void for_each_frame(std::string_view bytes,
                    const std::function<void(const FrameFacts&, std::string_view payload)>& each) {
  FrameFacts frame;
  std::uint32_t key = 0;
  while (const std::size_t head = read_head(bytes, frame, key)) {
    const std::size_t here = std::min(frame_length(bytes), bytes.size());
    std::string payload(bytes.substr(head, here - head));
    mask(payload.data(), payload.size(), key);
    each(frame, payload);
    bytes.remove_prefix(here);
  }
}

}  // namespace rt::ws
