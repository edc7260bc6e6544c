#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace rt {

// What a process has used, as the system counts it.
struct ProcessFigures {
  std::chrono::nanoseconds cpu{0};  // all its threads, in user mode and in the kernel
  std::uint64_t resident = 0;       // bytes of memory, now
};
// Nothing: it is gone, or the system does not tell.
std::optional<ProcessFigures> process_figures(pid_t process);

// The path of the executable that runs here; empty: the system does not tell.
std::string own_executable();

}  // namespace rt
