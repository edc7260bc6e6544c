#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

// WebSocket frames (RFC 6455 section 5).
namespace rt::ws {

enum class Opcode : std::uint8_t {
  continuation = 0x0,
  text = 0x1,
  binary = 0x2,
  close = 0x8,
  ping = 0x9,
  pong = 0xA,
};

// Messages longer than this are sent as fragments of this many payload bytes, so that control
// frames can pass between them and a slow reader holds back no more than one.
inline constexpr std::size_t kFragment = 32u << 10;

inline constexpr std::uint8_t kRsv1 = 4;

// What a frame begins with.
struct FrameHeader {
  std::uint8_t size = 0;      // of the header itself, 2 to 14 bytes
  std::uint8_t reserved = 0;  // the three bits, of which RSV1 is kRsv1
  Opcode opcode{};            // any of 16 values
  bool fin = false;
  bool masked = false;
  bool minimal = false;       // the length is in its shortest form
  std::uint32_t key = 0;      // its highest byte is the first one on the wire
  std::uint64_t payload = 0;  // bytes
};

inline bool is_control(Opcode opcode) {
  return static_cast<unsigned>(opcode) >= 8;
}

// Reads the header at bytes[0]. False when it, masking key included, is not whole in `bytes`.
bool read_header(std::string_view bytes, FrameHeader& header);

// Appends a whole data message as one or more unmasked frames (a server's).
void append_message(std::string& out, Opcode opcode, std::string_view payload);
// Appends one unmasked frame of a data message that is made in pieces: the opcode is the first
// one's, further ones are continuations.
void append_fragment(std::string& out, Opcode opcode, std::string_view payload, bool last);
// Appends one unmasked frame with FIN (control frames: payload at most 125 bytes, cut there).
void append_frame(std::string& out, Opcode opcode, std::string_view payload);
// The length of the frame that starts at bytes[0] (header and payload, masked or not); 0 when the
// header, masking key included, is not whole in `bytes`. A length that no memory can hold gives
// the largest std::size_t.
std::size_t frame_length(std::string_view bytes);
// How many bytes at the start of `bytes`, which are whole frames, go to a socket at a time: at
// least one frame, and together no more than `most` where frames allow.
std::size_t whole_frames(std::string_view bytes, std::size_t most);

// Appends a whole data message as masked frames (a client's). The first frame is masked with
// `key`, each further one with a fresh key that follows from it, so `key` must be unpredictable
// and new for each message. A key's highest byte is the first one on the wire.
void append_masked_message(std::string& out, Opcode opcode, std::string_view payload,
                           std::uint32_t key);
// Each frame is masked with a key of its own.
void append_masked_message(std::string& out, Opcode opcode, std::string_view payload,
                           const std::function<std::uint32_t()>& next_key);
// Appends a whole data message that permessage-deflate has compressed (RFC 7692 section 6): RSV1
// marks its first frame. Masked when there are keys.
void append_compressed_message(std::string& out, Opcode opcode, std::string_view compressed,
                               const std::function<std::uint32_t()>* next_key);
// Appends one masked frame with FIN (control frames: payload at most 125 bytes, cut there).
void append_masked_frame(std::string& out, Opcode opcode, std::string_view payload,
                         std::uint32_t key);

// The payload of a close frame (section 5.5.1): the reason is cut at 123 bytes, where its UTF-8
// allows.
std::string close_payload(std::uint16_t code, std::string_view reason);

// XORs the bytes with the key, its highest byte first; twice gives the bytes back.
void mask(char* bytes, std::size_t size, std::uint32_t key);

}  // namespace rt::ws
