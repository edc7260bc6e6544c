#include "io/process/guard.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <initializer_list>

#include "io/process/after_fork.hpp"

namespace rt {
namespace {

using namespace after_fork;

constexpr long kAfterKill = 1000;  // ms for the system to do what SIGKILL asked for
constexpr int kLookWhileEnding = 20;
constexpr int kLookForTheRest = 300;

void report(const GuardedProgram& program, GuardReport::Kind kind, int value) {
  const GuardReport out{kind, value};
  tell(program.report, &out, sizeof out);
}

void close_all_but(std::initializer_list<int> kept, int highest) {
  for (int fd = 3; fd <= highest; ++fd) {
    bool keep = false;
    for (const int one : kept) keep = keep || fd == one;
    if (!keep) close(fd);
  }
}

[[noreturn]] void become_program(const GuardedProgram& program, pid_t guard) {
  setpgid(0, 0);
  end_with_parent(guard);
  dup2(program.input, STDIN_FILENO);
  if (program.output >= 0) dup2(program.output, STDOUT_FILENO);
  if (program.errors >= 0) dup2(program.errors, STDERR_FILENO);
  // All others are close-on-exec.
  set_all_signals(SIG_DFL);
  unblock_all_signals();
  if (program.memory > 0) {
    const rlimit limit{program.memory, program.memory};
    setrlimit(RLIMIT_DATA, &limit);
  }
  execve(program.path, program.arguments, program.environment);
  report(program, GuardReport::Kind::not_executed, errno);
  _exit(127);
}

void set_handler(int number, void (*handler)(int)) {
  struct sigaction action {};
  action.sa_handler = handler;
  action.sa_flags = SA_NOCLDSTOP;
  sigemptyset(&action.sa_mask);
  sigaction(number, &action, nullptr);
}

void ignore_signals() {
  // Nothing but SIGKILL may end the guard before its time.
  set_all_signals(SIG_IGN);
  // A fault of its own is to end it, not to spin in it.
  for (const int number : {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT}) set_handler(number, SIG_DFL);
}

// The only global: a signal handler has no other way to its process's pipe.
int child_ended_pipe = -1;

void on_child_ended(int) {
  const int saved = errno;
  const char byte = 0;
  (void)!write(child_ended_pipe, &byte, 1);
  errno = saved;
}

// What becomes readable when a child ends; -1 when there is no room for it.
int watch_for_children() {
  int ends[2] = {-1, -1};
  if (pipe(ends) != 0) return -1;
  for (const int end : ends) {
    fcntl(end, F_SETFD, FD_CLOEXEC);
    fcntl(end, F_SETFL, O_NONBLOCK);
  }
  child_ended_pipe = ends[1];
  set_handler(SIGCHLD, on_child_ended);
  return ends[0];
}

class Groups {
 public:
  Groups(pid_t* all, std::size_t room) : all_(all), room_(room) {}

  void add(pid_t group) {
    if (count_ < room_) all_[count_++] = group;
  }
  void remove(pid_t group) {
    for (std::size_t i = 0; i < count_; ++i)
      if (all_[i] == group) return drop(i);
  }
  void signal(int number) {
    for (std::size_t i = 0; i < count_; ++i) kill(-all_[i], number);
  }
  bool are_gone() {
    for (std::size_t i = count_; i-- > 0;)
      if (kill(-all_[i], 0) != 0 && errno == ESRCH) drop(i);
    return count_ == 0;
  }

 private:
  void drop(std::size_t i) { all_[i] = all_[--count_]; }

  pid_t* all_;
  std::size_t room_;
  std::size_t count_ = 0;
};

class Guard {
 public:
  explicit Guard(const GuardPlan& plan)
      : plan_(plan), program_(plan.program), groups_(plan.groups, plan.room) {}

  // False: there is no process for it.
  bool start_program() {
    woken_ = watch_for_children();
    const pid_t guard = getpid();
    pid_ = woken_ >= 0 ? fork() : -1;
    if (pid_ == 0) become_program(*program_, guard);
    if (pid_ < 0) {
      report(*program_, GuardReport::Kind::no_process, errno);
      return false;
    }
    setpgid(pid_, pid_);  // here, too: a signal may come before the program has done it
    groups_.add(pid_);
    report(*program_, GuardReport::Kind::started, pid_);
    for (const int fd : {program_->report, program_->input, program_->output, program_->errors})
      if (fd >= 0) close(fd);
    return true;
  }

  void run() {
    while (!done()) {
      if (parent_gone_ && now_ms() >= deadline_) {
        if (killed_ && (reaped_ || program_ == nullptr)) return;  // the rest is not ours to end
        groups_.signal(SIGKILL);
        killed_ = true;
        deadline_ = now_ms() + kAfterKill;
      }
      wait();
    }
  }

 private:
  bool done() {
    if (program_ != nullptr) reap();
    const bool may_end = program_ != nullptr ? reaped_ : parent_gone_;
    return may_end && groups_.are_gone();
  }

  void reap() {
    int status = 0;
    if (reaped_ || waitpid(pid_, &status, WNOHANG) != pid_) return;
    reaped_ = true;
    tell(program_->status, &status, sizeof status);
  }

  void wait() {
    pollfd watched[2] = {{woken_, POLLIN, 0}, {parent_gone_ ? -1 : plan_.orders, POLLIN, 0}};
    // Nothing tells of the end of what is not a child of this process.
    poll(watched, 2, parent_gone_ ? kLookWhileEnding : reaped_ ? kLookForTheRest : -1);
    char bytes[64];
    if (watched[0].revents != 0) (void)!read(woken_, bytes, sizeof bytes);
    if (watched[1].revents != 0) take_orders();
  }

  // Each is written in one piece, so none is read in two.
  void take_orders() {
    GuardOrder orders[32];
    const ssize_t n = read(plan_.orders, orders, sizeof orders);
    if (n < 0) return;
    const std::size_t count = static_cast<std::size_t>(n) / sizeof orders[0];
    for (std::size_t i = 0; i < count; ++i) follow(orders[i]);
    if (n == 0) end_all();
  }

  void follow(const GuardOrder& order) {
    switch (order.kind) {
      case GuardOrder::Kind::guard:
        return groups_.add(order.value);
      case GuardOrder::Kind::forget:
        return groups_.remove(order.value);
      case GuardOrder::Kind::signal:
        return groups_.signal(order.value);
    }
  }

  void end_all() {
    parent_gone_ = true;
    deadline_ = now_ms() + kGrace;
    groups_.signal(SIGTERM);
    groups_.signal(SIGCONT);  // a stopped one would not notice
  }

  const GuardPlan& plan_;
  const GuardedProgram* program_;
  Groups groups_;
  pid_t pid_ = 0;
  int woken_ = -1;
  bool reaped_ = false;
  bool parent_gone_ = false;
  bool killed_ = false;
  long deadline_ = 0;
};

}  // namespace

void run_guard(const GuardPlan& plan) {
  const GuardedProgram* const program = plan.program;
  setpgid(0, 0);  // a terminal's Ctrl-C is for the parent
  be_called_guard();
  if (program == nullptr)
    close_all_but({plan.orders}, plan.highest);
  else
    close_all_but({plan.orders, program->input, program->output, program->errors, program->report,
                   program->status},
                  plan.highest);
  ignore_signals();

  Guard guard(plan);
  if (program != nullptr && !guard.start_program()) _exit(1);
  let_go_of_streams();
  unblock_all_signals();

  guard.run();
  if (program != nullptr)
    for (const char* const* path = program->debris; *path != nullptr; ++path)
      if (unlink(*path) != 0) rmdir(*path);
  _exit(0);
}

}  // namespace rt
