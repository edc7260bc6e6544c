#pragma once

#include <sys/types.h>

#include <cstddef>

namespace rt {

// A program that a guard starts itself. All of it is made before the fork; descriptors are above 2.
struct GuardedProgram {
  const char* path;
  char* const* arguments;
  char* const* environment;
  int input;                  // the program's 0
  int output;                 // its 1; -1: this process's own
  int errors;                 // its 2; -1: this process's own
  int report;                 // GuardReports, until the program runs or has failed to
  int status;                 // the program's wait status, an int; its end: nothing is left of it
  const char* const* debris;  // paths to remove at the end; a null pointer ends them
  std::size_t memory;         // bytes of data that it may have; 0: no bound
};

struct GuardPlan {
  int orders;                     // GuardOrders; their end is the end of the parent
  int highest;                    // no descriptor above it is open
  pid_t* groups;                  // room for all that are to be guarded at a time
  std::size_t room;               // at least one
  const GuardedProgram* program;  // null: only what orders name
};

struct GuardOrder {
  enum class Kind : int {
    guard,   // value: the process group of a command, which tells it itself before its exec
    forget,  // value: the same, from the parent before it reaps the command, so that a number never
             // stands here for a later process
    signal,  // value: for all groups
  };
  Kind kind;
  int value;
};

struct GuardReport {
  enum class Kind : int { started, no_process, not_executed };
  Kind kind;
  int value;  // started: the program's process id; else errno
};

// The life of a process that stands behind programs, each in a process group of its own: when the
// parent is gone, by whatever death, it ends those groups (SIGTERM, after 3 s SIGKILL). Of a
// program of its own it tells how it ends, and it lasts for as long as something is left of that.
// To be called after fork() with all signals blocked. It calls only what is async-signal-safe,
// since the parent may have had other threads.
[[noreturn]] void run_guard(const GuardPlan& plan);

}  // namespace rt
