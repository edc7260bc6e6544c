#pragma once

#include <cstddef>

namespace rt {

// How many bytes a pipe is asked to hold where much goes through it. Less would do; but each time
// that it is full or empty, one process waits for another to be woken.
inline constexpr std::size_t kPipeRoom = 256u << 10;

// Asks the system for that room; what is no pipe, or may not have more, stays as it is.
void widen_pipe(int fd);

}  // namespace rt
