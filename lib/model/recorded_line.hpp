#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "base/clock.hpp"
#include "model/message.hpp"

namespace rt {

using Microseconds = std::chrono::microseconds;

// The two sides of what is recorded.
enum class RecordedSide : std::uint8_t { unknown, client, server };

// One line of a recording: a message, or what became of a connection.
struct RecordedLine {
  enum class Kind : std::uint8_t { begin, message, opened, closed, failed };

  Kind kind = Kind::message;
  std::optional<Microseconds> at;  // since the recording began
  WallTime time{};                 // of a message without that: when it came; 0: not known
  RecordedSide from = RecordedSide::unknown;  // who sent the message, or closed the connection
  bool relayed = false;                       // a client's message that the server gave to others
  std::optional<std::uint16_t> code;          // of a WebSocket that was closed
  std::string reason;                         // of what was closed or has failed
  std::string command;                        // begin: "rtws sub"
  MessagePtr message;                         // never a gap
  std::uint64_t number = 0;                   // of the line, from 1 on
  std::uint64_t end = 0;                      // where the line behind it begins, in bytes
};

}  // namespace rt
