#include "password_prompt.hpp"

#include <fcntl.h>
#include <sys/select.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>

namespace rt {
namespace {

constexpr std::array kCaught = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP};

volatile std::sig_atomic_t caught = 0;

void note(int number) {
  caught = number;
}

// The signals are held back but while the prompt waits: none can slip in between.
class SignalsHeld {
 public:
  SignalsHeld() {
    sigset_t held;
    sigemptyset(&held);
    for (const int number : kCaught) sigaddset(&held, number);
    sigprocmask(SIG_BLOCK, &held, &mask_);
    for (std::size_t i = 0; i < kCaught.size(); ++i) {
      struct sigaction noted {};
      noted.sa_handler = note;
      sigaction(kCaught[i], nullptr, &before_[i]);
      // Who was told to ignore one (nohup) goes on ignoring it.
      if (before_[i].sa_handler != SIG_IGN) sigaction(kCaught[i], &noted, nullptr);
    }
  }
  ~SignalsHeld() {
    for (std::size_t i = 0; i < kCaught.size(); ++i) sigaction(kCaught[i], &before_[i], nullptr);
    sigprocmask(SIG_SETMASK, &mask_, nullptr);
  }
  SignalsHeld(const SignalsHeld&) = delete;
  SignalsHeld& operator=(const SignalsHeld&) = delete;

  const sigset_t& mask() const { return mask_; }

 private:
  sigset_t mask_{};
  std::array<struct sigaction, kCaught.size()> before_{};
};

class EchoOff {
 public:
  explicit EchoOff(int terminal) : terminal_(terminal) {
    tcgetattr(terminal_, &before_);
    termios silent = before_;
    silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    tcsetattr(terminal_, TCSAFLUSH, &silent);
  }
  ~EchoOff() {
    tcsetattr(terminal_, TCSAFLUSH, &before_);
    (void)!::write(terminal_, "\n", 1);
  }
  EchoOff(const EchoOff&) = delete;
  EchoOff& operator=(const EchoOff&) = delete;

 private:
  int terminal_;
  termios before_{};
};

enum class Typed { line, end, signal };

// A terminal gives whole lines; the signals come in only while this waits for one.
Typed read_line(int terminal, const sigset_t& mask, std::string& line) {
  line.clear();
  for (;;) {
    fd_set set;
    FD_ZERO(&set);
    FD_SET(terminal, &set);
    const int ready = pselect(terminal + 1, &set, nullptr, nullptr, nullptr, &mask);
    if (caught != 0) return Typed::signal;
    if (ready < 0 && errno == EINTR) continue;
    char c = 0;
    const ssize_t n = ::read(terminal, &c, 1);
    if (n < 0 && errno == EINTR) continue;
    if (n != 1) return Typed::end;
    if (c == '\n') return Typed::line;
    line += c;
  }
}

Typed ask(int terminal, const std::string& question, std::string& line) {
  const SignalsHeld held;
  const EchoOff silent(terminal);
  (void)!::write(terminal, question.data(), question.size());
  return read_line(terminal, held.mask(), line);
}

}  // namespace

namespace {

Error no_terminal(const std::string& user, std::string_view otherwise) {
  return Error(Fault::usage, "no password for " + user + ": give " + std::string(otherwise) +
                                 " (there is no terminal to ask on)");
}

}  // namespace

Result<void> check_terminal(const std::string& user) {
  const int terminal = open("/dev/tty", O_RDWR | O_CLOEXEC);
  if (terminal < 0) return no_terminal(user, kPasswordOptions);
  close(terminal);
  return {};
}

Result<std::string> prompt_password(const std::string& user, std::string_view otherwise) {
  const int terminal = open("/dev/tty", O_RDWR | O_CLOEXEC);
  if (terminal < 0) return no_terminal(user, otherwise);
  std::string password;
  Typed typed = Typed::signal;
  while (typed == Typed::signal) {
    caught = 0;
    typed = ask(terminal, "Password for " + user + ": ", password);
    // With its own disposition again, and the terminal as it was. Goes on here after a stop.
    if (typed == Typed::signal) raise(caught);
  }
  close(terminal);
  if (typed != Typed::line) return Error(Fault::usage, "no password was entered");
  return password;
}

}  // namespace rt
