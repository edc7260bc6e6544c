#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "base/clock.hpp"

namespace rt::envelope {

// What a line of a recording says beside an envelope (codec/recording.hpp).
struct RecordedFacts {
  std::optional<std::chrono::microseconds> at;
  WallTime received{};
  std::string from;
  std::string recording;
  std::string connection;
  std::string reason;
  bool relayed = false;
  bool one_of_several = false;  // it says which connection it was
  std::optional<std::uint64_t> code;

  // The line is no message.
  bool event() const { return !recording.empty() || !connection.empty(); }
};

}  // namespace rt::envelope
