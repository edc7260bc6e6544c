#pragma once

#include <sys/types.h>

#include <cstddef>

// For a process between fork() and exec, or one that lives without exec: only what is
// async-signal-safe, since the parent may have had other threads.
namespace rt::after_fork {

inline constexpr long kGrace = 3000;  // ms between SIGTERM and SIGKILL

// `killall NAME` is meant for the program that was started under that name.
void be_called_guard();

// Portable means suffice while only one of guard and parent is killed. Where the system can also
// end a program with its parent, that covers the death of both at once.
void end_with_parent(pid_t parent);

long now_ms();
void tell(int fd, const void* bytes, std::size_t size);

void set_all_signals(void (*disposition)(int));
void unblock_all_signals();

// Descriptors 0 to 2 hold nothing open that others wait for the end of.
void let_go_of_streams();

}  // namespace rt::after_fork
