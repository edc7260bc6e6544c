#include "codec/ws_frame.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <limits>
#include <optional>

#include "base/random.hpp"
#include "base/text.hpp"

namespace rt::ws {
namespace {

constexpr unsigned kFin = 0x80;
constexpr unsigned kMasked = 0x80;
constexpr std::size_t kMaxControl = 125;
constexpr std::size_t kMaxHeader = 14;

using Key = std::optional<std::uint32_t>;

template <std::size_t N>
void append_big_endian(std::string& out, std::uint64_t value) {
  std::array<char, N> bytes;
  for (std::size_t i = 0; i < N; ++i)
    bytes[i] = static_cast<char>(value >> (8 * (N - 1 - i)) & 0xFF);
  out.append(bytes.data(), N);
}

void append_one(std::string& out, bool fin, Opcode opcode, std::string_view payload, Key key,
                unsigned reserved = 0) {
  const unsigned masked = key ? kMasked : 0;
  const std::size_t size = payload.size();
  out += static_cast<char>((fin ? kFin : 0) | reserved << 4 | static_cast<unsigned>(opcode));
  if (size <= 125) {
    out += static_cast<char>(masked | static_cast<unsigned>(size));
  } else if (size <= 0xFFFF) {
    out += static_cast<char>(masked | 126u);
    append_big_endian<2>(out, size);
  } else {
    out += static_cast<char>(masked | 127u);
    append_big_endian<8>(out, size);
  }
  if (key) append_big_endian<4>(out, *key);
  const std::size_t start = out.size();
  out += payload;
  if (key) mask(out.data() + start, size, *key);
}

void append_whole(std::string& out, Opcode opcode, std::string_view payload, Key key) {
  const bool control = static_cast<unsigned>(opcode) >= 0x8;
  append_one(out, true, opcode, control ? payload.substr(0, kMaxControl) : payload, key);
}

// next_key() gives the key of each fragment behind the first.
template <class NextKey>
void append_fragments(std::string& out, Opcode opcode, std::string_view payload, Key key,
                      NextKey next_key, unsigned reserved = 0) {
  if (payload.size() <= kFragment) return append_one(out, true, opcode, payload, key, reserved);
  // Geometric, because an exact reserve for each of many messages would copy all each time.
  const std::size_t needed =
      out.size() + payload.size() + (payload.size() / kFragment + 1) * kMaxHeader;
  if (needed > out.capacity()) out.reserve(std::max(needed, 2 * out.capacity()));
  while (!payload.empty()) {
    const std::string_view fragment = payload.substr(0, kFragment);
    payload.remove_prefix(fragment.size());
    append_one(out, payload.empty(), opcode, fragment, key, reserved);
    opcode = Opcode::continuation;
    reserved = 0;
    if (key) key = next_key();
  }
}

}  // namespace

void append_message(std::string& out, Opcode opcode, std::string_view payload) {
  append_fragments(out, opcode, payload, std::nullopt, [] { return 0u; });
}

void append_fragment(std::string& out, Opcode opcode, std::string_view payload, bool last) {
  append_one(out, last, opcode, payload, std::nullopt);
}

void append_frame(std::string& out, Opcode opcode, std::string_view payload) {
  append_whole(out, opcode, payload, std::nullopt);
}

void append_masked_message(std::string& out, Opcode opcode, std::string_view payload,
                           std::uint32_t key) {
  Random keys(key);
  append_fragments(out, opcode, payload, key,
                   [&] { return static_cast<std::uint32_t>(keys.next() >> 32); });
}

void append_masked_message(std::string& out, Opcode opcode, std::string_view payload,
                           const std::function<std::uint32_t()>& next_key) {
  append_fragments(out, opcode, payload, next_key(), next_key);
}

void append_compressed_message(std::string& out, Opcode opcode, std::string_view compressed,
                               const std::function<std::uint32_t()>* next_key) {
  if (next_key == nullptr)
    append_fragments(
        out, opcode, compressed, std::nullopt, [] { return 0u; }, kRsv1);
  else
    append_fragments(out, opcode, compressed, (*next_key)(), *next_key, kRsv1);
}

void append_masked_frame(std::string& out, Opcode opcode, std::string_view payload,
                         std::uint32_t key) {
  append_whole(out, opcode, payload, key);
}

bool read_header(std::string_view bytes, FrameHeader& header) {
  const auto at = [&](std::size_t i) { return static_cast<unsigned char>(bytes[i]); };
  if (bytes.size() < 2) return false;
  const unsigned first = at(0);
  const unsigned second = at(1);
  const unsigned short_length = second & 0x7Fu;
  const std::size_t length_bytes = short_length == 127 ? 8 : short_length == 126 ? 2 : 0;
  const std::size_t size = 2 + length_bytes + ((second & kMasked) != 0 ? 4 : 0);
  if (bytes.size() < size) return false;
  header.size = static_cast<std::uint8_t>(size);
  header.reserved = first >> 4 & 7;
  header.opcode = static_cast<Opcode>(first & 0xF);
  header.fin = (first & kFin) != 0;
  header.masked = (second & kMasked) != 0;
  header.payload = length_bytes == 0 ? short_length : 0;
  for (std::size_t i = 0; i < length_bytes; ++i) header.payload = header.payload << 8 | at(2 + i);
  header.minimal = length_bytes == 0 || header.payload > (length_bytes == 2 ? 125u : 0xFFFFu);
  header.key = 0;
  if (header.masked)
    for (std::size_t i = size - 4; i < size; ++i) header.key = header.key << 8 | at(i);
  return true;
}

std::size_t frame_length(std::string_view bytes) {
  FrameHeader header;
  if (!read_header(bytes, header)) return 0;
  constexpr std::size_t kLargest = std::numeric_limits<std::size_t>::max();
  return header.payload > kLargest - header.size
             ? kLargest
             : header.size + static_cast<std::size_t>(header.payload);
}

std::size_t whole_frames(std::string_view bytes, std::size_t most) {
  if (bytes.size() <= most) return bytes.size();
  std::size_t taken = 0;
  while (taken < bytes.size()) {
    const std::size_t frame = frame_length(bytes.substr(taken));
    if (frame == 0 || (taken > 0 && taken + frame > most)) break;
    taken += frame;
  }
  return taken == 0 ? bytes.size() : taken;
}

std::string close_payload(std::uint16_t code, std::string_view reason) {
  std::string payload{static_cast<char>(code >> 8), static_cast<char>(code & 0xFF)};
  reason = reason.substr(0, kMaxControl - payload.size());
  while (!valid_utf8(reason)) reason.remove_suffix(1);
  payload += reason;
  return payload;
}

void mask(char* bytes, std::size_t size, std::uint32_t key) {
  std::array<char, 8> wire;
  for (std::size_t i = 0; i < wire.size(); ++i)
    wire[i] = static_cast<char>(key >> (24 - 8 * (i % 4)) & 0xFF);
  std::uint64_t pattern = 0;
  std::memcpy(&pattern, wire.data(), 8);
  std::size_t i = 0;
  for (; i + 8 <= size; i += 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, bytes + i, 8);
    word ^= pattern;
    std::memcpy(bytes + i, &word, 8);
  }
  for (; i < size; ++i) bytes[i] = static_cast<char>(bytes[i] ^ wire[i % 4]);
}

}  // namespace rt::ws
