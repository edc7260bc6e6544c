#pragma once

// Numbered lines into a file descriptor.

#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <stdexcept>
#include <string>
#include <string_view>

#include "numbered_message.hpp"

namespace rt::bench {

inline constexpr std::size_t kBlockBytes = 256 * 1024;

inline void write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const auto n = ::write(fd, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) throw std::runtime_error(std::string("write: ") + std::strerror(errno));
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
}

// Writes `lines` numbered messages of `size` bytes, each with a line end, in large blocks.
inline void feed_lines(int fd, std::uint64_t lines, std::size_t size) {
  std::string block;
  block.reserve(kBlockBytes + size + 1);
  for (std::uint64_t line = 0; line < lines; ++line) {
    const auto at = block.size();
    block.resize(at + size + 1, '\n');
    write_numbered_message(line, {block.data() + at, size});
    if (block.size() < kBlockBytes) continue;
    write_all(fd, block);
    block.clear();
  }
  write_all(fd, block);
}

}  // namespace rt::bench
