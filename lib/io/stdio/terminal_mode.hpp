#pragma once

#include <signal.h>

namespace rt {

// True when this process may neither read from its terminal nor set its modes without being
// stopped.
bool in_background(int terminal);

// While it lives, SIGTTOU and SIGTTIN do not stop the process: what they would stop fails, or is
// done.
class TerminalSignalsBlocked {
 public:
  TerminalSignalsBlocked();
  ~TerminalSignalsBlocked();
  TerminalSignalsBlocked(const TerminalSignalsBlocked&) = delete;
  TerminalSignalsBlocked& operator=(const TerminalSignalsBlocked&) = delete;

 private:
  sigset_t before_;
  bool blocked_;
};

// The terminal as an editor of lines needs it: each key at once and none shown; Ctrl-C and its like
// still send signals, and what is written to it is treated as before. The modes from before come
// back whichever way the process ends, SIGKILL apart. One at a time.
class TerminalMode {
 public:
  explicit TerminalMode(int terminal) : terminal_(terminal) {}
  ~TerminalMode() { give_back(); }
  TerminalMode(const TerminalMode&) = delete;
  TerminalMode& operator=(const TerminalMode&) = delete;

  // False when it cannot be had. What has been typed already stays there to be read.
  bool take();
  // What has been typed and not read stays there for the next program.
  void give_back();
  // False when somebody has changed it.
  bool still_taken() const;
  // Somebody else has the terminal, and it is theirs to say what its modes are.
  void forget();

 private:
  int terminal_;
  bool taken_ = false;
  bool known_ = false;  // the modes from before
};

}  // namespace rt
