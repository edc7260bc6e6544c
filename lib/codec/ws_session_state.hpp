#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string>

#include "base/utf8.hpp"
#include "codec/ws_session.hpp"

// What a session holds while it is not idle, for its own sources.
namespace rt::ws {

inline constexpr std::size_t kMaxControl = 125;

// What a decompressor with the widest window takes, about.
inline constexpr std::size_t kInflaterBytes = 45u << 10;

enum class Stage : std::uint8_t { header, payload, control, passing_over };

// What has come of a message and of the frame under way.
struct Session::Incoming {
  std::string message;     // as long as its room
  std::size_t filled = 0;  // of it
  std::uint64_t remaining = 0;
  std::uint64_t taken = 0;  // of the frame's payload
  std::uint32_t key = 0;
  bool masked = false;
  bool fin = false;
  bool in_message = false;
  bool compressed = false;  // the message
  PayloadKind kind = PayloadKind::text;
  Opcode opcode{};
  Stage stage = Stage::header;
  Utf8Reader text;
  std::uint8_t gathered = 0;  // of a header or of a control frame's payload
  std::array<char, kMaxControl> bytes;

  void begin(Stage next, const FrameHeader& header) {
    stage = next;
    remaining = header.payload;
    taken = 0;
    key = header.key;
    masked = header.masked;
    fin = header.fin;
    opcode = header.opcode;
    gathered = 0;
  }
  void gather(std::span<const char> more) {
    std::memcpy(bytes.data() + gathered, more.data(), more.size());
    gathered = static_cast<std::uint8_t>(gathered + more.size());
  }
  void advance(std::size_t size) {
    remaining -= size;
    taken += size;
  }
};

struct Session::Ending {
  std::optional<Error> violation;
  std::uint16_t peer_code = 1006;
  bool by_peer = false;
  std::string peer_reason;
  std::uint16_t own_code = 0;
  std::string own_reason;
};

// What is wrong, and with which code the connection ends for it; 0: nothing.
struct Session::Breach {
  std::uint16_t code = 0;
  std::string what{};    // behind "the server sent "
  std::string reason{};  // for the peer, where it is another
};

}  // namespace rt::ws
