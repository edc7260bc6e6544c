#pragma once

#include <doctest/doctest.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>

#include "io/loop/descriptor.hpp"

// Descriptors of every kind that a program may find as its stdin and stdout.
namespace rt::test {

// As tests write it: itself the number.
class Fd : public Descriptor {
 public:
  using Descriptor::Descriptor;
  operator int() const { return get(); }
};

struct Ends {
  Fd reader;
  Fd writer;
};

inline Ends pipe_ends() {
  int ends[2] = {-1, -1};
  REQUIRE(pipe(ends) == 0);
  return {Fd(ends[0]), Fd(ends[1])};
}

inline Ends socket_ends() {
  int ends[2] = {-1, -1};
  REQUIRE(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
  return {Fd(ends[0]), Fd(ends[1])};
}

// reader: the terminal's other side; writer: the terminal, raw.
inline Ends terminal_ends() {
  Fd master(posix_openpt(O_RDWR | O_NOCTTY));
  REQUIRE(master >= 0);
  REQUIRE(grantpt(master) == 0);
  REQUIRE(unlockpt(master) == 0);
  Fd terminal(open(ptsname(master), O_RDWR | O_NOCTTY));
  REQUIRE(terminal >= 0);
  termios mode{};
  REQUIRE(tcgetattr(terminal, &mode) == 0);
  mode.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);
  mode.c_oflag &= ~static_cast<tcflag_t>(OPOST);
  REQUIRE(tcsetattr(terminal, TCSANOW, &mode) == 0);
  return {std::move(master), std::move(terminal)};
}

inline Fd temporary_file(std::string_view content) {
  char name[] = "/tmp/rt-stdio-XXXXXX";
  Fd fd(mkstemp(name));
  REQUIRE(fd >= 0);
  unlink(name);
  REQUIRE(write(fd, content.data(), content.size()) == static_cast<ssize_t>(content.size()));
  REQUIRE(lseek(fd, 0, SEEK_SET) == 0);
  return fd;
}

inline int flags_of(int fd) {
  return fcntl(fd, F_GETFL);
}

inline std::string pattern(std::size_t size) {
  std::string out;
  while (out.size() < size) out += std::to_string(out.size()) + ",";
  out.resize(size);
  return out;
}

// What is there now, without waiting.
inline std::string take(int fd, std::size_t most = 1u << 20) {
  std::string out;
  char chunk[4096];
  pollfd watched{fd, POLLIN, 0};
  while (out.size() < most && poll(&watched, 1, 0) > 0 && (watched.revents & POLLIN) != 0) {
    const ssize_t n = read(fd, chunk, std::min(sizeof chunk, most - out.size()));
    if (n <= 0) break;
    out.append(chunk, static_cast<std::size_t>(n));
  }
  return out;
}

}  // namespace rt::test
