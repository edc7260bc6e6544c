#pragma once

#include <signal.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "io/loop/descriptor.hpp"

// What a process prepares before it forks.
namespace rt {

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
