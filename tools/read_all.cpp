#include "read_all.hpp"

#include <unistd.h>

#include <cerrno>

namespace rt {

int read_all(int fd, std::size_t most, std::string& bytes) {
  char chunk[4096];
  ssize_t n = 0;
  int failed = 0;
  do {
    n = ::read(fd, chunk, sizeof chunk);
    failed = n < 0 ? errno : 0;
    if (n > 0) bytes.append(chunk, static_cast<std::size_t>(n));
  } while ((n > 0 && bytes.size() < most) || failed == EINTR);
  close(fd);
  return failed;
}

}  // namespace rt
