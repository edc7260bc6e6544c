#pragma once

#include <cstddef>
#include <string>

namespace rt {

// Reads to the end, or until there are at least `most` bytes, and closes the descriptor. Gives
// errno, or 0.
int read_all(int fd, std::size_t most, std::string& bytes);

}  // namespace rt
