// The input is read as the beginning of a frame, then written as a message: its first byte chooses
// opcode and masking, the next four are the key, the sixth says how often the rest is repeated.
#include "codec/ws_frame.hpp"

#include <string>
#include <vector>

#include "fuzz.hpp"

namespace {

using rt::fuzz::require;
using rt::ws::Opcode;

struct Frame {
  bool fin = false;
  Opcode opcode = Opcode::continuation;
  bool masked = false;
  std::string payload;  // unmasked
};

std::uint8_t byte_at(std::string_view bytes, std::size_t i) {
  return static_cast<std::uint8_t>(bytes[i]);
}

// However much of a frame is there, its length is unknown or the same.
void check_cut(std::string_view bytes) {
  const std::size_t length = rt::ws::frame_length(bytes);
  bool known = false;
  for (std::size_t cut = 0; cut <= std::min<std::size_t>(bytes.size(), 14); ++cut) {
    const std::size_t seen = rt::ws::frame_length(bytes.substr(0, cut));
    require(seen == length || (seen == 0 && !known));
    known = seen != 0;
  }
}

Frame read_frame(std::string_view bytes) {
  Frame frame;
  frame.fin = (byte_at(bytes, 0) & 0x80) != 0;
  require((byte_at(bytes, 0) & 0x70) == 0);
  frame.opcode = static_cast<Opcode>(byte_at(bytes, 0) & 0x0F);
  frame.masked = (byte_at(bytes, 1) & 0x80) != 0;
  const std::size_t size = byte_at(bytes, 1) & 0x7F;
  std::size_t header = size == 127 ? 10 : size == 126 ? 4 : 2;
  std::string key(4, '\0');
  if (frame.masked) {
    key = bytes.substr(header, 4);
    header += 4;
  }
  frame.payload = bytes.substr(header);
  // The shortest form of the length (RFC 6455, section 5.2).
  require(size != 126 || frame.payload.size() > 125);
  require(size != 127 || frame.payload.size() > 0xFFFF);
  for (std::size_t i = 0; i < frame.payload.size(); ++i)
    frame.payload[i] = static_cast<char>(frame.payload[i] ^ key[i % 4]);
  return frame;
}

std::vector<Frame> read_frames(std::string_view bytes) {
  std::vector<Frame> frames;
  while (!bytes.empty()) {
    check_cut(bytes);
    const std::size_t length = rt::ws::frame_length(bytes);
    require(length >= 2 && length <= bytes.size());
    frames.push_back(read_frame(rt::fuzz::take(bytes, length)));
  }
  return frames;
}

void check_message(Opcode opcode, std::string_view payload, bool masked, std::uint32_t key) {
  std::string out;
  if (masked)
    rt::ws::append_masked_message(out, opcode, payload, key);
  else
    rt::ws::append_message(out, opcode, payload);
  const std::vector<Frame> frames = read_frames(out);
  require(!frames.empty());
  std::string whole;
  for (const Frame& frame : frames) {
    require(frame.masked == masked);
    require(frame.fin == (&frame == &frames.back()));
    require(frame.opcode == (&frame == &frames.front() ? opcode : Opcode::continuation));
    require(frame.payload.size() <= rt::ws::kFragment);
    whole += frame.payload;
  }
  require(whole == payload);
}

void check_control(Opcode opcode, std::string_view payload, bool masked, std::uint32_t key) {
  std::string out;
  if (masked)
    rt::ws::append_masked_frame(out, opcode, payload, key);
  else
    rt::ws::append_frame(out, opcode, payload);
  const std::vector<Frame> frames = read_frames(out);
  require(frames.size() == 1 && frames[0].fin && frames[0].opcode == opcode);
  require(frames[0].payload == payload.substr(0, 125));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view input = rt::fuzz::text(data, size);
  check_cut(input);
  const std::uint64_t choice = rt::fuzz::take_number(input, 1);
  const auto key = static_cast<std::uint32_t>(rt::fuzz::take_number(input, 4));
  const std::uint64_t times = rt::fuzz::take_number(input, 1);
  const bool masked = (choice & 1) != 0;
  check_control((choice & 2) != 0 ? Opcode::ping : Opcode::close, input, masked, key);
  std::string payload(input);
  for (std::uint64_t i = 0; i < times && payload.size() < 3 * rt::ws::kFragment; ++i)
    payload += input;
  check_message((choice & 2) != 0 ? Opcode::text : Opcode::binary, payload, masked, key);
  return 0;
}
