#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <system_error>
#include <utility>
#include <vector>

#include "io/loop/descriptor.hpp"

// What a thread needs that makes blocking system calls.
namespace rt {

// A pipe that wakes a thread from select() or poll(). Throws std::system_error when there can be
// none: its thread would wait for ever.
class WakePipe {
 public:
  WakePipe() {
    int ends[2] = {-1, -1};
    if (pipe(ends) != 0) throw std::system_error(errno, std::generic_category(), "pipe");
    for (const int end : ends) {
      fcntl(end, F_SETFD, FD_CLOEXEC);
      fcntl(end, F_SETFL, O_NONBLOCK);
    }
    reader_ = Descriptor(ends[0]);
    writer_ = Descriptor(ends[1]);
  }

  void wake() {
    const char byte = 0;
    while (write(writer_.get(), &byte, 1) < 0 && errno == EINTR) {
    }
  }
  void clear() {
    char bytes[64];
    while (read(reader_.get(), bytes, sizeof bytes) > 0) {
    }
  }
  int fd() const { return reader_.get(); }

 private:
  Descriptor reader_;
  Descriptor writer_;
};

// What a thread that is stuck in a system call still refers to: it can be neither stopped nor
// freed.
template <class State>
void keep_for_ever(std::shared_ptr<State> state) {
  static auto* const kept = new std::vector<std::shared_ptr<State>>;
  kept->push_back(std::move(state));
}

}  // namespace rt
