#include "io/stdio/terminal_mode.hpp"

#include <signal.h>
#include <sys/types.h>
#include <termios.h>
#include <unistd.h>

#include <cstdlib>
#include <utility>

#include "base/unexpected.hpp"

namespace rt {
namespace {

// What the handler of a signal needs.
volatile sig_atomic_t taken_terminal = -1;
termios modes_before;

// Signals that end a process and that nobody here waits for.
constexpr int kEnding[] = {SIGHUP, SIGQUIT, SIGABRT, SIGSEGV, SIGBUS,
                           SIGILL, SIGFPE,  SIGALRM, SIGXCPU};

// In the background they are another program's now. All that is called may be in a handler (POSIX).
void restore() {
  const int terminal = taken_terminal;
  if (terminal < 0) return;
  taken_terminal = -1;
  if (!in_background(terminal)) tcsetattr(terminal, TCSANOW, &modes_before);
}

extern "C" void restore_and_end(int number) {
  restore();
  signal(number, SIG_DFL);
  raise(number);
}

// Whose action is another than to end the process keeps it.
void watch_ends() {
  static bool watched = false;
  if (std::exchange(watched, true)) return;
  std::atexit(restore);
  before_sudden_end(restore);
  for (const int number : kEnding) {
    struct sigaction action {};
    if (sigaction(number, nullptr, &action) != 0 || (action.sa_flags & SA_SIGINFO) != 0 ||
        action.sa_handler != SIG_DFL)
      continue;
    action.sa_handler = restore_and_end;
    sigaction(number, &action, nullptr);
  }
}

bool is_cooked(const termios& modes) {
  return (modes.c_lflag & static_cast<tcflag_t>(ICANON)) != 0;
}

}  // namespace

bool in_background(int terminal) {
  const pid_t foreground = tcgetpgrp(terminal);
  return foreground > 0 && foreground != getpgrp();
}

TerminalSignalsBlocked::TerminalSignalsBlocked() : before_{} {
  sigset_t stops;
  sigemptyset(&stops);
  sigaddset(&stops, SIGTTOU);
  sigaddset(&stops, SIGTTIN);
  blocked_ = pthread_sigmask(SIG_BLOCK, &stops, &before_) == 0;
}

TerminalSignalsBlocked::~TerminalSignalsBlocked() {
  if (blocked_) pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

bool TerminalMode::take() {
  if (taken_) return true;
  if (taken_terminal >= 0 || in_background(terminal_)) return false;
  termios modes{};
  if (tcgetattr(terminal_, &modes) != 0) return false;
  // A shell may have brought back what it found when the job was stopped.
  if (!std::exchange(known_, true) || is_cooked(modes)) modes_before = modes;
  modes.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO | ECHONL | IEXTEN);
  modes.c_cc[VMIN] = 1;
  modes.c_cc[VTIME] = 0;
  watch_ends();
  taken_terminal = terminal_;
  const TerminalSignalsBlocked scope;
  taken_ = tcsetattr(terminal_, TCSANOW, &modes) == 0;
  if (!taken_) taken_terminal = -1;
  return taken_;
}

bool TerminalMode::still_taken() const {
  termios modes{};
  return taken_ && tcgetattr(terminal_, &modes) == 0 && !is_cooked(modes);
}

void TerminalMode::forget() {
  if (std::exchange(taken_, false)) taken_terminal = -1;
}

void TerminalMode::give_back() {
  if (!std::exchange(taken_, false)) return;
  const TerminalSignalsBlocked scope;
  restore();
}

}  // namespace rt
