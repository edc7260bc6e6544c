#include "io/process/child_watch.hpp"

#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <initializer_list>

#include "io/process/after_fork.hpp"

namespace rt {
namespace {

using namespace after_fork;

constexpr int kLook = 20;  // ms

class Groups {
 public:
  Groups(pid_t* running, std::size_t room) : running_(running), room_(room) {}

  void note(pid_t pid) {
    if (pid > 0) {
      if (count_ < room_) running_[count_++] = pid;
      return;
    }
    for (std::size_t i = 0; i < count_; ++i)
      if (running_[i] == -pid) return remove(i);
  }

  void end_all() {
    signal_all(SIGTERM);
    signal_all(SIGCONT);  // a stopped one would not notice
    const long deadline = now_ms() + kGrace;
    while (!are_gone() && now_ms() < deadline) poll(nullptr, 0, kLook);
    signal_all(SIGKILL);
  }

 private:
  void remove(std::size_t i) { running_[i] = running_[--count_]; }

  void signal_all(int number) {
    for (std::size_t i = 0; i < count_; ++i) kill(-running_[i], number);
  }

  bool are_gone() {
    for (std::size_t i = count_; i-- > 0;)
      if (kill(-running_[i], 0) != 0 && errno == ESRCH) remove(i);
    return count_ == 0;
  }

  pid_t* running_;
  std::size_t room_;
  std::size_t count_ = 0;
};

}  // namespace

void run_child_watch(int notes, pid_t* running, std::size_t room, int highest) {
  setpgid(0, 0);  // a terminal's Ctrl-C is for the parent
  be_called_guard();
  for (int fd = 3; fd <= highest; ++fd)
    if (fd != notes) close(fd);
  let_go_of_streams();
  // Nothing but SIGKILL may end it before its time.
  set_all_signals(SIG_IGN);
  for (const int number : {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT}) signal(number, SIG_DFL);
  unblock_all_signals();

  Groups groups(running, room);
  for (;;) {
    pid_t pid = 0;
    const ssize_t n = read(notes, &pid, sizeof pid);
    if (n < 0 && errno == EINTR) continue;
    if (n != static_cast<ssize_t>(sizeof pid)) break;
    groups.note(pid);
  }
  groups.end_all();
  _exit(0);
}

}  // namespace rt
