#include "io/process/command_runner.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <asio/posix/stream_descriptor.hpp>
#include <asio/signal_set.hpp>
#include <cerrno>
#include <csignal>

#include "base/text.hpp"
#include "io/process/after_fork.hpp"
#include "io/process/child_setup.hpp"
#include "io/process/find_program.hpp"
#include "io/process/guard.hpp"

namespace rt {
namespace {

// What a run tells that could not become the program.
struct NotExecuted {
  pid_t pid;
  int error_number;
};

struct RunPlan {
  const char* path;
  char* const* arguments;
  char* const* environment;
  int input;
  int output;  // -1: this process's own
  int orders;
  int failures;
  int highest;
};

// To the guard, from a command or from here.
void order(int orders, GuardOrder::Kind kind, pid_t group) {
  const GuardOrder out{kind, group};
  after_fork::tell(orders, &out, sizeof out);
}

[[noreturn]] void become_command(const RunPlan& plan, pid_t parent) {
  setpgid(0, 0);
  after_fork::end_with_parent(parent);
  const pid_t self = getpid();
  // Somebody may have killed the guard: no reason to die, now or when signals are let in.
  std::signal(SIGPIPE, SIG_IGN);
  order(plan.orders, GuardOrder::Kind::guard, self);
  dup2(plan.input, STDIN_FILENO);
  if (plan.output >= 0) dup2(plan.output, STDOUT_FILENO);
  for (int fd = 3; fd <= plan.highest; ++fd)
    if (fd != plan.failures) close(fd);
  after_fork::set_all_signals(SIG_DFL);
  after_fork::unblock_all_signals();
  execve(plan.path, plan.arguments, plan.environment);
  const NotExecuted why{self, errno};
  after_fork::tell(plan.failures, &why, sizeof why);
  _exit(127);
}

// execve(2) would say it only when the first message is there.
Result<std::string> executable_path(const std::string& name) {
  Result<std::string> path = program_path(name);
  if (!path) return path;
  struct stat info {};
  if (stat(path->c_str(), &info) != 0) return cannot_run(name, *path, errno);
  if (S_ISDIR(info.st_mode)) return cannot_run(name, *path, EISDIR);
  if (access(path->c_str(), X_OK) != 0) return cannot_run(name, *path, errno);
  if (S_ISREG(info.st_mode) && !has_interpreter(*path)) return cannot_run(name, *path, ENOENT);
  return path;
}

}  // namespace

struct CommandRunner::State : std::enable_shared_from_this<CommandRunner::State> {
  using Stream = asio::posix::stream_descriptor;

  // The rest of a stdin that is longer than a pipe.
  struct Feed {
    Feed(const asio::any_io_executor& executor, CommandInput bytes)
        : pipe(executor), input(std::move(bytes)) {}
    Stream pipe;
    CommandInput input;
    std::size_t written = 0;
  };
  struct Catch {
    Catch(const asio::any_io_executor& executor, std::size_t limit) : pipe(executor), most(limit) {}
    Stream pipe;
    std::size_t most;
    CommandOutput output = {};
  };
  struct Run {
    std::uint64_t ticket;
    pid_t pid;
    std::shared_ptr<Feed> feed;
    std::shared_ptr<Catch> caught;  // null: its stdout is this process's
  };
  struct End {
    std::uint64_t ticket;
    pid_t pid;
    int status;
    CommandOutput output;
  };

  State(Reactor& r, CommandOptions o, Ended e)
      : reactor(r), options(std::move(o)), ended(std::move(e)), child_signals(r.executor()) {}

  Result<void> begin();
  Result<void> start_guard();
  Result<void> keep_guard();
  Result<void> start(std::uint64_t ticket, CommandInput input,
                     const std::vector<std::pair<std::string, std::string>>& environment);
  void await_ends();
  void collect();
  std::vector<NotExecuted> read_failures();
  void feed(const std::shared_ptr<Feed>& to);
  void watch(const std::shared_ptr<Catch>& from);
  void finish();

  Reactor& reactor;
  CommandOptions options;
  Ended ended;
  asio::signal_set child_signals;
  std::string path;
  std::vector<Run> runs;
  Descriptor orders;
  SecuredPipe failures;
  pid_t guard = 0;
};

namespace {

// As much as the pipe takes now; true when that was all, or nobody reads.
bool write_some(int fd, const std::string& bytes, std::size_t& written) {
  while (written < bytes.size()) {
    const ssize_t n = ::write(fd, bytes.data() + written, bytes.size() - written);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return errno != EAGAIN && errno != EWOULDBLOCK;
    written += static_cast<std::size_t>(n);
  }
  return true;
}

// What is there now. False: that was the end.
bool read_some(int fd, std::size_t most, CommandOutput& into) {
  char piece[16 << 10];
  for (;;) {
    const ssize_t n = ::read(fd, piece, sizeof piece);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
    // Who writes more is not kept waiting for ever.
    const std::size_t kept = std::min(static_cast<std::size_t>(n), most - into.bytes.size());
    into.bytes.append(piece, kept);
    if (kept < static_cast<std::size_t>(n)) into.whole = false;
  }
}

void unblock_child_signals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGCHLD);
  pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
}

}  // namespace

Result<void> CommandRunner::State::begin() {
  Result<std::string> found = executable_path(options.words.front());
  if (!found) return found.error();
  path = std::move(*found);
  ignore_broken_pipes();
  unblock_child_signals();
  asio::error_code failed;
  child_signals.add(SIGCHLD, failed);
  if (failed) return Error(Fault::other, "cannot watch commands: " + failed.message());
  if (!failures.open()) return system_error(Fault::other, "cannot watch commands", errno);
  fcntl(failures.reader.get(), F_SETFL, O_NONBLOCK);
  if (Result<void> started = start_guard(); !started) return started;
  await_ends();
  return {};
}

Result<void> CommandRunner::State::start_guard() {
  SecuredPipe pipe;
  if (!pipe.open()) return system_error(Fault::other, "cannot watch commands", errno);
  std::vector<pid_t> groups(options.jobs);
  const GuardPlan plan{pipe.reader.get(), highest_descriptor(), groups.data(), groups.size(),
                       nullptr};
  {
    const AllSignalsBlocked scope;
    guard = fork();
    if (guard == 0) run_guard(plan);
  }
  if (guard < 0) return system_error(Fault::other, "cannot watch commands", errno);
  orders = std::move(pipe.writer);
  return {};
}

// One that was killed is started again, and told of what runs.
Result<void> CommandRunner::State::keep_guard() {
  if (guard > 0 && waitpid(guard, nullptr, WNOHANG) != guard) return {};
  guard = 0;
  if (Result<void> started = start_guard(); !started) return started;
  for (const Run& run : runs) order(orders.get(), GuardOrder::Kind::guard, run.pid);
  return {};
}

Result<void> CommandRunner::State::start(
    std::uint64_t ticket, CommandInput input,
    const std::vector<std::pair<std::string, std::string>>& environment) {
  const auto cannot = [&](int why) {
    return system_error(Fault::other, "cannot run " + printable(options.words.front()), why);
  };
  if (Result<void> kept = keep_guard(); !kept) return kept;
  SecuredPipe in;
  if (!in.open()) return cannot(errno);
  fcntl(in.writer.get(), F_SETFL, O_NONBLOCK);
  std::size_t written = 0;
  if (write_some(in.writer.get(), *input, written)) in.writer.close();

  SecuredPipe out;
  if (options.most_output && !out.open()) return cannot(errno);

  const std::vector<char*> arguments = pointers(options.words);
  std::vector<std::string> variables = environment_with(environment, options.dropped_variables);
  const std::vector<char*> entries = pointers(variables);
  const RunPlan plan{path.c_str(),          arguments.data(),    entries.data(),
                     in.reader.get(),       out.writer.get(),    orders.get(),
                     failures.writer.get(), highest_descriptor()};
  const pid_t parent = getpid();
  pid_t pid = 0;
  {
    const AllSignalsBlocked scope;
    pid = fork();
    if (pid == 0) become_command(plan, parent);
  }
  if (pid < 0) return cannot(errno);
  setpgid(pid, pid);  // here, too: a signal may come before the command has done it
  Run run{ticket, pid, nullptr, nullptr};
  if (options.most_output) {
    fcntl(out.reader.get(), F_SETFL, O_NONBLOCK);
    run.caught = std::make_shared<Catch>(reactor.executor(), *options.most_output);
    asio::error_code failed;
    run.caught->pipe.assign(out.reader.get(), failed);
    if (!failed) out.reader.release();
    watch(run.caught);
  }
  if (in.writer.get() >= 0) {
    run.feed = std::make_shared<Feed>(reactor.executor(), std::move(input));
    run.feed->written = written;
    asio::error_code failed;
    run.feed->pipe.assign(in.writer.get(), failed);
    if (!failed) in.writer.release();
    feed(run.feed);
  }
  runs.push_back(std::move(run));
  return {};
}

// Who does not read all of it need not.
void CommandRunner::State::feed(const std::shared_ptr<Feed>& to) {
  to->pipe.async_wait(Stream::wait_write, [self = weak_from_this(), to](asio::error_code failed) {
    const auto state = self.lock();
    if (failed || !state) return;
    if (write_some(to->pipe.native_handle(), *to->input, to->written)) {
      asio::error_code ignored;
      to->pipe.close(ignored);
    } else {
      state->feed(to);
    }
  });
}

// It fills no pipe, so that the command can go on.
void CommandRunner::State::watch(const std::shared_ptr<Catch>& from) {
  from->pipe.async_wait(Stream::wait_read,
                        [self = weak_from_this(), from](asio::error_code failed) {
                          const auto state = self.lock();
                          if (failed || !state) return;
                          if (read_some(from->pipe.native_handle(), from->most, from->output))
                            state->watch(from);
                        });
}

void CommandRunner::State::await_ends() {
  child_signals.async_wait([self = weak_from_this()](asio::error_code failed, int) {
    const auto state = self.lock();
    if (failed || !state) return;
    state->await_ends();
    state->collect();
  });
}

void CommandRunner::State::collect() {
  // If it cannot be now, then with the next command.
  static_cast<void>(keep_guard());
  std::vector<End> ends;
  std::erase_if(runs, [&](Run& run) {
    siginfo_t info{};
    const auto id = static_cast<id_t>(run.pid);
    const bool unknown = waitid(P_PID, id, &info, WEXITED | WNOHANG | WNOWAIT) != 0;
    if (!unknown && info.si_pid == 0) return false;
    // Before it is reaped: its number is free behind that.
    order(orders.get(), GuardOrder::Kind::forget, run.pid);
    int status = 0;
    while (waitpid(run.pid, &status, 0) < 0 && errno == EINTR) {
    }
    asio::error_code ignored;
    if (run.feed) run.feed->pipe.close(ignored);
    ends.push_back({run.ticket, run.pid, status, {}});
    if (!run.caught) return true;
    // What it has left running in the background is not waited for.
    read_some(run.caught->pipe.native_handle(), run.caught->most, run.caught->output);
    run.caught->pipe.close(ignored);
    ends.back().output = std::move(run.caught->output);
    return true;
  });
  if (ends.empty()) return;
  const std::vector<NotExecuted> not_executed = read_failures();
  for (End& end : ends) {
    Result<int> how = end.status;
    for (const NotExecuted& failure : not_executed)
      if (failure.pid == end.pid)
        how = cannot_run(options.words.front(), path, failure.error_number, "--shell");
    ended(end.ticket, how, std::move(end.output));
  }
}

std::vector<NotExecuted> CommandRunner::State::read_failures() {
  std::vector<NotExecuted> out;
  NotExecuted failure{};
  while (read(failures.reader.get(), &failure, sizeof failure) ==
         static_cast<ssize_t>(sizeof failure))
    out.push_back(failure);
  return out;
}

void CommandRunner::State::finish() {
  asio::error_code ignored;
  child_signals.cancel(ignored);
  orders.close();
  // It waits for those that it has to end; nobody need wait for that.
  if (guard > 0 && runs.empty()) {
    while (waitpid(guard, nullptr, 0) < 0 && errno == EINTR) {
    }
  }
  guard = 0;
}

CommandRunner::CommandRunner(Reactor& reactor, CommandOptions options, Ended ended)
    : state_(std::make_shared<State>(reactor, std::move(options), std::move(ended))) {}

CommandRunner::~CommandRunner() {
  state_->finish();
}

Result<void> CommandRunner::begin() {
  return state_->begin();
}

Result<void> CommandRunner::start(
    std::uint64_t ticket, CommandInput input,
    const std::vector<std::pair<std::string, std::string>>& environment) {
  return state_->start(ticket, std::move(input), environment);
}

std::size_t CommandRunner::running() const {
  return state_->runs.size();
}

void CommandRunner::signal(int number) {
  for (const State::Run& run : state_->runs) kill(-run.pid, number);
}

}  // namespace rt
