#include "io/process/child.hpp"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <asio/posix/stream_descriptor.hpp>
#include <asio/redirect_error.hpp>
#include <asio/use_awaitable.hpp>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <optional>

#include "base/text.hpp"
#include "io/loop/notifier.hpp"
#include "io/process/after_fork.hpp"
#include "io/process/child_setup.hpp"
#include "io/process/find_program.hpp"
#include "io/process/guard.hpp"

namespace rt {
namespace {

using Stream = asio::posix::stream_descriptor;

// Guards whose end nobody could wait for, because the loop had gone before.
std::vector<pid_t>& unreaped_guards() {
  static std::vector<pid_t> guards;
  return guards;
}

void reap_left_guards() {
  std::erase_if(unreaped_guards(),
                [](pid_t guard) { return waitpid(guard, nullptr, WNOHANG) != 0; });
}

void reap(pid_t guard) {
  while (waitpid(guard, nullptr, 0) < 0 && errno == EINTR) {
  }
}

// Reads one report; false at the end.
bool next_report(int fd, GuardReport& out) {
  for (;;) {
    const ssize_t n = read(fd, &out, sizeof out);
    if (n < 0 && errno == EINTR) continue;
    return n == static_cast<ssize_t>(sizeof out);
  }
}

}  // namespace

struct ChildProcess::State : std::enable_shared_from_this<ChildProcess::State> {
  explicit State(Reactor& r)
      : reactor(r),
        input(r.executor()),
        output(r.executor()),
        errors(r.executor()),
        status(r.executor()),
        changed(r.executor()) {}

  ~State() {
    if (guard <= 0) return;
    orders.close();
    if (waitpid(guard, nullptr, WNOHANG) == 0) unreaped_guards().push_back(guard);
  }
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  Result<void> start(ChildOptions options);
  Result<void> await_exec(int reports, const std::string& name, const std::string& path);
  void watch_status();
  void on_status();
  void abandon();
  asio::awaitable<Result<std::string>> read_from(Stream& stream);

  Reactor& reactor;
  Stream input;
  Stream output;
  Stream errors;
  Stream status;
  Descriptor orders;  // to the guard, which takes their end for that of this process
  pid_t guard = 0;
  pid_t program = 0;
  std::optional<int> ended;
  Notifier changed;
};

namespace {

void adopt(Stream& stream, Descriptor& fd) {
  if (fd.get() < 0) return;
  asio::error_code failed;
  stream.assign(fd.get(), failed);
  if (failed) return;
  fd.release();
  stream.non_blocking(true, failed);
}

}  // namespace

Result<void> ChildProcess::State::start(ChildOptions options) {
  reap_left_guards();
  if (options.arguments.empty()) return cannot_run({}, {}, ENOENT);
  const std::string name = options.arguments.front();
  const Result<std::string> path = program_path(name);
  if (!path) return path.error();
  ignore_broken_pipes();

  SecuredPipe in, out, err, reports, order_pipe, status_pipe;
  bool opened = reports.open() && order_pipe.open() && status_pipe.open();
  if (options.pipe_input)
    opened = opened && in.open();
  else
    in.reader = secured(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  if (options.pipe_output) opened = opened && out.open();
  if (options.pipe_errors) opened = opened && err.open();
  if (!opened || in.reader.get() < 0)
    return system_error(Fault::other, "cannot run " + printable(name), errno);

  const std::vector<char*> arguments = pointers(options.arguments);
  std::vector<std::string> variables = environment_with(options.environment);
  const std::vector<char*> environment = pointers(variables);
  const std::vector<char*> debris = pointers(options.remove_afterwards);
  const GuardedProgram guarded{path->c_str(),        arguments.data(),         environment.data(),
                               in.reader.get(),      out.writer.get(),         err.writer.get(),
                               reports.writer.get(), status_pipe.writer.get(), debris.data(),
                               options.memory};
  pid_t group = 0;
  const GuardPlan plan{order_pipe.reader.get(), highest_descriptor(), &group, 1, &guarded};
  {
    const AllSignalsBlocked scope;
    guard = fork();
    if (guard == 0) run_guard(plan);
  }
  if (guard < 0) return system_error(Fault::other, "cannot run " + printable(name), errno);

  // What is left open here would never end for the other side.
  for (Descriptor* const fd : {&in.reader, &out.writer, &err.writer, &reports.writer,
                               &order_pipe.reader, &status_pipe.writer})
    fd->close();
  orders = std::move(order_pipe.writer);
  const Result<void> running = await_exec(reports.reader.get(), name, *path);
  if (!running) return abandon(), running;
  fcntl(orders.get(), F_SETFL, O_NONBLOCK);
  adopt(input, in.writer);
  adopt(output, out.reader);
  adopt(errors, err.reader);
  adopt(status, status_pipe.reader);
  watch_status();
  return {};
}

// The guard tells within milliseconds: nothing but exec stands between.
Result<void> ChildProcess::State::await_exec(int reports, const std::string& name,
                                             const std::string& path) {
  GuardReport report{};
  while (next_report(reports, report)) {
    if (report.kind == GuardReport::Kind::started)
      program = report.value;
    else if (report.kind == GuardReport::Kind::not_executed)
      return cannot_run(name, path, report.value);
    else
      return system_error(Fault::other, "cannot run " + printable(name), report.value);
  }
  if (program == 0)
    return Error(Fault::other, "cannot run " + printable(name) + ": its guard ended");
  return {};
}

// Without a program the guard ends at once.
void ChildProcess::State::abandon() {
  orders.close();
  reap(guard);
  guard = 0;
  program = 0;
}

// The handler keeps this alive until the guard has ended, so that it is reaped.
void ChildProcess::State::watch_status() {
  status.async_wait(Stream::wait_read, [self = shared_from_this()](asio::error_code failed) {
    if (!failed) self->on_status();
  });
}

void ChildProcess::State::on_status() {
  int told = 0;
  const ssize_t n = ::read(status.native_handle(), &told, sizeof told);
  if (n < 0 && (errno == EAGAIN || errno == EINTR)) return watch_status();
  if (n == static_cast<ssize_t>(sizeof told)) {
    ended = told;
    changed.notify_all();
    return watch_status();
  }
  if (!ended) {
    // Somebody has killed the guard. The program must not be left without one.
    kill(-program, SIGKILL);
    ended = SIGKILL;
  }
  asio::error_code ignored;
  status.close(ignored);
  orders.close();
  // It has closed all, so it is in the middle of its end.
  reap(guard);
  guard = 0;
  changed.notify_all();
}

asio::awaitable<Result<std::string>> ChildProcess::State::read_from(Stream& stream) {
  // The coroutine may outlive the owner.
  const std::shared_ptr<State> self = shared_from_this();
  for (;;) {
    if (!stream.is_open()) co_return std::string();
    const std::span<char> scratch = reactor.scratch();
    const ssize_t n = ::read(stream.native_handle(), scratch.data(), scratch.size());
    if (n >= 0) co_return std::string(scratch.data(), static_cast<std::size_t>(n));
    if (errno == EINTR) continue;
    if (errno != EAGAIN && errno != EWOULDBLOCK)
      co_return system_error(Fault::other, "cannot read from a program", errno);
    asio::error_code failed;
    co_await stream.async_wait(Stream::wait_read,
                               asio::redirect_error(asio::use_awaitable, failed));
    if (failed) co_return std::string();
  }
}

ChildProcess::ChildProcess(Reactor& reactor) : state_(std::make_shared<State>(reactor)) {}

ChildProcess::~ChildProcess() {
  end();
}

void ChildProcess::end() {
  asio::error_code ignored;
  state_->input.close(ignored);
  state_->output.close(ignored);
  state_->errors.close(ignored);
  state_->orders.close();
}

Result<void> ChildProcess::start(ChildOptions options) {
  return state_->start(std::move(options));
}

bool ChildProcess::running() const {
  return state_->program > 0 && !state_->ended;
}

pid_t ChildProcess::process() const {
  return state_->program;
}

asio::awaitable<Result<void>> ChildProcess::write(std::string_view bytes) {
  const std::shared_ptr<State> state = state_;
  Stream& input = state->input;
  while (!bytes.empty()) {
    if (!input.is_open()) co_return Error(Fault::other, "the program's input is closed");
    const ssize_t n = ::write(input.native_handle(), bytes.data(), bytes.size());
    if (n >= 0) {
      bytes.remove_prefix(static_cast<std::size_t>(n));
      continue;
    }
    if (errno == EINTR) continue;
    if (errno == EPIPE) co_return Error(Fault::other, "the program has closed its input");
    if (errno != EAGAIN && errno != EWOULDBLOCK)
      co_return system_error(Fault::other, "cannot write to a program", errno);
    asio::error_code failed;
    co_await input.async_wait(Stream::wait_write,
                              asio::redirect_error(asio::use_awaitable, failed));
    if (failed) co_return Error(Fault::other, "the program's input is closed");
  }
  co_return Result<void>();
}

void ChildProcess::close_input() {
  asio::error_code ignored;
  state_->input.close(ignored);
}

std::size_t ChildProcess::unread_input() const {
  int bytes = 0;
  const bool told = state_->input.is_open() &&
                    ioctl(state_->input.native_handle(), FIONREAD, &bytes) == 0 && bytes > 0;
  return told ? static_cast<std::size_t>(bytes) : 0;
}

asio::awaitable<Result<std::string>> ChildProcess::read_output() {
  return state_->read_from(state_->output);
}

asio::awaitable<Result<std::string>> ChildProcess::read_errors() {
  return state_->read_from(state_->errors);
}

asio::awaitable<int> ChildProcess::wait() {
  const std::shared_ptr<State> state = state_;
  while (!state->ended) co_await state->changed.wait();
  co_return *state->ended;
}

void ChildProcess::signal(int number) {
  if (!state_->orders.is_open()) return;
  const GuardOrder order{GuardOrder::Kind::signal, number};
  after_fork::tell(state_->orders.get(), &order, sizeof order);
}

std::string describe_exit(int status) {
  if (WIFEXITED(status)) return "exit status " + std::to_string(WEXITSTATUS(status));
  if (!WIFSIGNALED(status)) return "status " + std::to_string(status);
  struct Name {
    int number;
    const char* name;
  };
  static constexpr Name kNames[] = {
      {SIGHUP, "SIGHUP"},   {SIGINT, "SIGINT"},   {SIGQUIT, "SIGQUIT"}, {SIGILL, "SIGILL"},
      {SIGABRT, "SIGABRT"}, {SIGBUS, "SIGBUS"},   {SIGFPE, "SIGFPE"},   {SIGKILL, "SIGKILL"},
      {SIGSEGV, "SIGSEGV"}, {SIGPIPE, "SIGPIPE"}, {SIGALRM, "SIGALRM"}, {SIGTERM, "SIGTERM"},
      {SIGUSR1, "SIGUSR1"}, {SIGUSR2, "SIGUSR2"}, {SIGTRAP, "SIGTRAP"}, {SIGXCPU, "SIGXCPU"},
      {SIGXFSZ, "SIGXFSZ"}};
  const int number = WTERMSIG(status);
  for (const Name& known : kNames)
    if (known.number == number) return std::string("killed by ") + known.name;
  return "killed by signal " + std::to_string(number);
}

}  // namespace rt
