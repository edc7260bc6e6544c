#pragma once

#include <sys/socket.h>
#include <sys/types.h>

#include <string_view>

namespace rt {

// send() that never raises SIGPIPE: by a flag where there is one, elsewhere the socket has
// SO_NOSIGPIPE since it was accepted.
inline ssize_t send_quietly(int fd, std::string_view bytes) {
#ifdef MSG_NOSIGNAL
  return ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
#else
  return ::send(fd, bytes.data(), bytes.size(), 0);
#endif
}

}  // namespace rt
