#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "io/loop/descriptor.hpp"
#include "model/recorded_line.hpp"

namespace rt {

// A recording that is played.
struct ReplayOptions {
  std::shared_ptr<Descriptor> file;
  std::string name;                           // of it, for errors
  std::optional<std::uint64_t> size;          // of a regular file
  double speed = 1;                           // times as fast; 0: all at once
  RecordedSide side = RecordedSide::unknown;  // whose messages; unknown: the usual ones
  std::size_t max_message = 0;
};

}  // namespace rt
