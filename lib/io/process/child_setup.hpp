#pragma once

#include <signal.h>
#include <unistd.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

// What a process prepares before it forks.
namespace rt {

// A descriptor that is closed with its owner.
class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~Descriptor() { close(); }
  void close() {
    if (fd_ >= 0) ::close(std::exchange(fd_, -1));
  }
  int get() const { return fd_; }
  int release() { return std::exchange(fd_, -1); }

 private:
  int fd_ = -1;
};

// Close-on-exec and above the standard streams; consumes `fd`.
Descriptor secured(int fd);

struct SecuredPipe {
  Descriptor reader;
  Descriptor writer;

  // False, with errno, when the system has no room.
  bool open();
};

// No descriptor above it is open, nor will be before a fork that follows at once.
int highest_descriptor();

// Null-terminated, as execve(2) wants it.
std::vector<char*> pointers(std::vector<std::string>& strings);

// This process's own variables, but for those whose names begin with `dropped`, and these.
std::vector<std::string> environment_with(
    const std::vector<std::pair<std::string, std::string>>& added, std::string_view dropped = {});

// A signal that came between fork() and the other process's own dispositions would run this
// process's handlers there, on pipes that both share.
class AllSignalsBlocked {
 public:
  AllSignalsBlocked();
  ~AllSignalsBlocked();
  AllSignalsBlocked(const AllSignalsBlocked&) = delete;
  AllSignalsBlocked& operator=(const AllSignalsBlocked&) = delete;

 private:
  sigset_t before_;
};

void ignore_broken_pipes();

}  // namespace rt
