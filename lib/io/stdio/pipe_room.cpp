#include "io/stdio/pipe_room.hpp"

#include <fcntl.h>

namespace rt {

#ifdef F_SETPIPE_SZ

void widen_pipe(int fd) {
  const int room = fcntl(fd, F_GETPIPE_SZ);
  if (room > 0 && static_cast<std::size_t>(room) < kPipeRoom)
    (void)fcntl(fd, F_SETPIPE_SZ, static_cast<int>(kPipeRoom));
}

#else

// Elsewhere a pipe grows by itself, or not at all.
void widen_pipe(int) {}

#endif

}  // namespace rt
