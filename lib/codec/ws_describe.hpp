#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "codec/ws_frame.hpp"

// WebSocket frames in words, for logs. Pure.
namespace rt::ws {

struct FrameFacts {
  unsigned opcode = 0;  // 4 bits, known or not
  bool fin = true;
  std::uint64_t length = 0;  // of the payload
  bool reserved = false;     // RSV1 is set: a compressed message begins
  // Of what is compressed: its length on the way; `length` is what it has become.
  std::optional<std::uint64_t> compressed{};
};

// `text 12 "hello..."`, `text 1200 compressed=310 "hello..."`, `binary 40000 fin=0 "..."`, `ping
// 0`, `close 1000 "reason"`. Of the payload the beginning is enough.
std::string describe(const FrameFacts& frame, std::string_view payload);

// Reads the head of a frame, its masking key included (0 where there is none): its length, or 0
// when it is not whole in `bytes`.
std::size_t read_head(std::string_view bytes, FrameFacts& facts, std::uint32_t& mask_key);

// Calls `each` for every frame in `bytes`, which begin with one, its payload unmasked. What is not
// whole at the end gives what there is of it.
void for_each_frame(std::string_view bytes,
                    const std::function<void(const FrameFacts&, std::string_view payload)>& each);

}  // namespace rt::ws
