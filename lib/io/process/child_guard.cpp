#include "io/process/child_guard.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <initializer_list>

#include "io/process/after_fork.hpp"

namespace rt {
namespace {

using namespace after_fork;

constexpr long kAfterKill = 1000;  // ms for the system to do what SIGKILL asked for
constexpr int kLookWhileEnding = 20;
constexpr int kLookForTheRest = 300;

void report(int fd, GuardReport::Kind kind, int value) {
  const GuardReport out{kind, value};
  tell(fd, &out, sizeof out);
}

void close_all_but(const GuardPlan& plan) {
  for (int fd = 3; fd <= plan.highest; ++fd) {
    if (fd != plan.input && fd != plan.output && fd != plan.errors && fd != plan.report &&
        fd != plan.life && fd != plan.status)
      close(fd);
  }
}

[[noreturn]] void become_program(const GuardPlan& plan, pid_t guard) {
  setpgid(0, 0);
  end_with_parent(guard);
  dup2(plan.input, STDIN_FILENO);
  if (plan.output >= 0) dup2(plan.output, STDOUT_FILENO);
  if (plan.errors >= 0) dup2(plan.errors, STDERR_FILENO);
  // All others are close-on-exec.
  set_all_signals(SIG_DFL);
  unblock_all_signals();
  execve(plan.path, plan.arguments, plan.environment);
  report(plan.report, GuardReport::Kind::not_executed, errno);
  _exit(127);
}

// The only global: a signal handler has no other way to its process's pipe.
int child_ended_pipe = -1;

void on_child_ended(int) {
  const int saved = errno;
  const char byte = 0;
  (void)!write(child_ended_pipe, &byte, 1);
  errno = saved;
}

void await_child_signals(int writer) {
  // Nothing but SIGKILL may end the guard before its time.
  set_all_signals(SIG_IGN);
  child_ended_pipe = writer;
  struct sigaction action {};
  action.sa_handler = on_child_ended;
  action.sa_flags = SA_NOCLDSTOP;
  sigemptyset(&action.sa_mask);
  sigaction(SIGCHLD, &action, nullptr);
  // A fault of its own is to end it, not to spin in it.
  action = {};
  action.sa_handler = SIG_DFL;
  for (const int number : {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT})
    sigaction(number, &action, nullptr);
}

class Watch {
 public:
  Watch(const GuardPlan& plan, pid_t program, int woken)
      : plan_(plan), program_(program), woken_(woken) {}

  void run() {
    for (;;) {
      reap();
      if (reaped_ && group_is_gone()) return;
      if (parent_gone_ && now_ms() >= deadline_) {
        if (killed_ && reaped_) return;  // what is left is not ours to end
        kill(-program_, SIGKILL);
        killed_ = true;
        deadline_ = now_ms() + kAfterKill;
      }
      wait();
    }
  }

 private:
  void reap() {
    int status = 0;
    if (reaped_ || waitpid(program_, &status, WNOHANG) != program_) return;
    reaped_ = true;
    tell(plan_.status, &status, sizeof status);
  }

  bool group_is_gone() const { return kill(-program_, 0) != 0 && errno == ESRCH; }

  void wait() {
    pollfd watched[2] = {{woken_, POLLIN, 0}, {parent_gone_ ? -1 : plan_.life, POLLIN, 0}};
    // Nothing tells of the end of the program's own children.
    poll(watched, 2, parent_gone_ ? kLookWhileEnding : reaped_ ? kLookForTheRest : -1);
    char bytes[64];
    if (watched[0].revents != 0) (void)!read(woken_, bytes, sizeof bytes);
    if (watched[1].revents == 0) return;
    const ssize_t n = read(plan_.life, bytes, sizeof bytes);
    for (ssize_t i = 0; i < n; ++i) kill(-program_, bytes[i]);
    if (n == 0) end_program();
  }

  void end_program() {
    parent_gone_ = true;
    deadline_ = now_ms() + kGrace;
    kill(-program_, SIGTERM);
    kill(-program_, SIGCONT);  // a stopped one would not notice
  }

  const GuardPlan& plan_;
  pid_t program_;
  int woken_;
  bool reaped_ = false;
  bool parent_gone_ = false;
  bool killed_ = false;
  long deadline_ = 0;
};

}  // namespace

void run_guard(const GuardPlan& plan) {
  setpgid(0, 0);  // a terminal's Ctrl-C is for the parent
  be_called_guard();
  close_all_but(plan);
  int woken[2] = {-1, -1};
  const bool piped = pipe(woken) == 0;
  for (const int end : woken) {
    fcntl(end, F_SETFD, FD_CLOEXEC);
    fcntl(end, F_SETFL, O_NONBLOCK);
  }
  await_child_signals(woken[1]);

  const pid_t guard = getpid();
  const pid_t program = piped ? fork() : -1;
  if (program == 0) become_program(plan, guard);
  if (program < 0) {
    report(plan.report, GuardReport::Kind::no_process, errno);
    _exit(1);
  }
  setpgid(program, program);  // here, too: a signal may come before the program has done it
  report(plan.report, GuardReport::Kind::started, program);
  for (const int fd : {plan.report, plan.input, plan.output, plan.errors})
    if (fd >= 0) close(fd);
  let_go_of_streams();
  unblock_all_signals();

  Watch(plan, program, woken[0]).run();
  for (const char* const* path = plan.debris; *path != nullptr; ++path)
    if (unlink(*path) != 0) rmdir(*path);
  _exit(0);
}

}  // namespace rt
