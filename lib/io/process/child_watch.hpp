#pragma once

#include <sys/types.h>

#include <cstddef>

namespace rt {

// One process that stands behind many commands, each in a process group of its own: when the
// parent is gone, by whatever death, it ends those that are still running (SIGTERM, after 3 s
// SIGKILL). To be called after fork() with all signals blocked; it calls only what is
// async-signal-safe.
//
// `notes` brings process ids: positive, from a command before its exec, and negative, from the
// parent before it reaps one, so that an id never stands here for a later process. Its end is the
// end of the parent. `running` has room for all that run at a time.
[[noreturn]] void run_child_watch(int notes, pid_t* running, std::size_t room, int highest);

}  // namespace rt
