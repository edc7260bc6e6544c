#pragma once

namespace rt {

// What the guard needs, all of it made before the fork. Descriptors are above 2.
struct GuardPlan {
  const char* path;
  char* const* arguments;
  char* const* environment;
  int input;                  // the program's 0
  int output;                 // its 1; -1: this process's own
  int errors;                 // its 2; -1: this process's own
  int report;                 // GuardReports, until the program runs or has failed to
  int life;                   // signals to send, a byte each; its end: the parent is gone
  int status;                 // the program's wait status, an int; its end: nothing is left of it
  int highest;                // no descriptor above it is open
  const char* const* debris;  // paths to remove at the end; a null pointer ends them
};

struct GuardReport {
  enum class Kind : int { started, no_process, not_executed };
  Kind kind;
  int value;  // started: the program's process id; else errno
};

// The life of the process between this one and a program: it starts the program, tells how it
// ends, and ends it when the parent is gone. To be called after fork() with all signals blocked.
// It calls only what is async-signal-safe, since the parent may have had other threads.
[[noreturn]] void run_guard(const GuardPlan& plan);

}  // namespace rt
