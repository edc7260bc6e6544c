#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "codec/ws_deflate_terms.hpp"

// Messages of permessage-deflate (RFC 7692 section 7.2), as bytes without frames.
namespace rt::ws {

// Compresses one message after another. Some 170 KiB with a window of 15 bits.
class Deflater {
 public:
  explicit Deflater(std::uint8_t window_bits);
  ~Deflater();

  // Appends the message. `fresh`: neither it nor those behind it refer to what was before, so that
  // whoever has missed that can read them.
  void append(std::string& out, std::string_view message, bool fresh);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// Takes the pieces of one compressed message after another. Some 45 KiB with a window of 15 bits.
class Inflater {
 public:
  explicit Inflater(std::uint8_t window_bits);
  ~Inflater();

  // Takes from the front of `input` and writes to the front of `room`, until one of them is used
  // up; both become what is left. To be called again while there is no room left, even without
  // input: there may be more to come out. False: this is not compressed data, and nothing can be
  // made of what follows.
  bool receive(std::string_view& input, std::span<char>& room);
  // Behind the message's last piece: what is to be received behind it, as a piece.
  std::string_view tail() const;
  // And when all of that is taken: true when the message was whole.
  bool end_message();
  // Forgets all messages.
  void reset();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// Compressors and decompressors between two uses, so that sessions without context takeover own
// none while they are idle, and make none for each message. It belongs to one thread.
class DeflateContexts {
 public:
  std::unique_ptr<Deflater> take_deflater(std::uint8_t window_bits);
  std::unique_ptr<Inflater> take_inflater(std::uint8_t window_bits);
  void give_back(std::unique_ptr<Deflater> deflater, std::uint8_t window_bits);
  void give_back(std::unique_ptr<Inflater> inflater, std::uint8_t window_bits);

 private:
  // Nearly all peers agree on the widest window: others are not kept.
  std::unique_ptr<Deflater> deflater_;
  std::unique_ptr<Inflater> inflater_;
};

}  // namespace rt::ws
