#include "io/stdio.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/select.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <asio/post.hpp>
#include <cerrno>
#include <climits>
#include <condition_variable>
#include <csignal>
#include <cstdlib>
#include <deque>
#include <mutex>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "io/notifier.hpp"

namespace rt {
namespace {

constexpr std::size_t kChunk = 64u << 10;
constexpr std::size_t kMostAhead = 4;     // chunks
constexpr Milliseconds kPatience = 50ms;  // with a thread that is asked to end

// A pipe that wakes a thread from select() or poll().
class WakePipe {
 public:
  WakePipe() {
    if (pipe(ends_) != 0) ends_[0] = ends_[1] = -1;
    for (const int end : ends_) {
      fcntl(end, F_SETFD, FD_CLOEXEC);
      fcntl(end, F_SETFL, O_NONBLOCK);
    }
  }
  ~WakePipe() {
    close(ends_[0]);
    close(ends_[1]);
  }
  WakePipe(const WakePipe&) = delete;
  WakePipe& operator=(const WakePipe&) = delete;

  void wake() {
    const char byte = 0;
    while (write(ends_[1], &byte, 1) < 0 && errno == EINTR) {
    }
  }
  void clear() {
    char bytes[64];
    while (read(ends_[0], bytes, sizeof bytes) > 0) {
    }
  }
  int fd() const { return ends_[0]; }

 private:
  int ends_[2] = {-1, -1};
};

// What a thread that is stuck in a system call still refers to: it can be neither stopped nor
// freed.
template <class State>
void keep_for_ever(std::shared_ptr<State> state) {
  static auto* const kept = new std::vector<std::shared_ptr<State>>;
  kept->push_back(std::move(state));
}

// select(), because poll() does not know terminals on every system. True when `fd` can be read, or
// when read() is to tell what is wrong with it.
bool wait_readable(int fd, WakePipe& wake, bool watch_fd, Milliseconds most) {
  if (std::max(fd, wake.fd()) >= FD_SETSIZE) {
    pollfd watched[2] = {{wake.fd(), POLLIN, 0}, {watch_fd ? fd : -1, POLLIN, 0}};
    if (poll(watched, 2, most > 0ms ? static_cast<int>(most.count()) : -1) <= 0) return false;
    if (watched[0].revents != 0) wake.clear();
    return watched[1].revents != 0;
  }
  fd_set set;
  FD_ZERO(&set);
  FD_SET(wake.fd(), &set);
  if (watch_fd) FD_SET(fd, &set);
  timeval limit{};
  limit.tv_sec = static_cast<decltype(limit.tv_sec)>(most.count() / 1000);
  limit.tv_usec = static_cast<decltype(limit.tv_usec)>(most.count() % 1000 * 1000);
  const int n =
      select(std::max(fd, wake.fd()) + 1, &set, nullptr, nullptr, most > 0ms ? &limit : nullptr);
  if (n < 0 && errno != EINTR) return watch_fd;
  if (n <= 0) return false;
  if (FD_ISSET(wake.fd(), &set)) wake.clear();
  return watch_fd && FD_ISSET(fd, &set);
}

bool in_background(int fd) {
  const pid_t foreground = tcgetpgrp(fd);
  return foreground > 0 && foreground != getpgrp();
}

}  // namespace

// --- input ---------------------------------------------------------------------------------------

struct InputReader::State : std::enable_shared_from_this<InputReader::State> {
  State(Reactor& r, int descriptor, std::string input_name)
      : reactor(r), fd(descriptor), name(std::move(input_name)), arrived(r.executor()) {}

  void start() {
    started = true;
    thread = std::thread([this] { run(); });
  }

  // In the thread.
  void run() {
    const bool terminal = isatty(fd) != 0;
    std::string chunk;
    for (;;) {
      {
        std::unique_lock lock(mutex);
        changed.wait(lock, [&] { return stop || chunks.size() < kMostAhead; });
        if (stop) return;
      }
      const bool background = terminal && in_background(fd);
      const bool ready = wait_readable(fd, wake, !background, background ? 200ms : 0ms);
      // Put into the background while it waited: reading now would stop the process.
      const bool forbidden = ready && terminal && in_background(fd);
      {
        const std::lock_guard lock(mutex);
        if (stop) return;
        reading = ready && !forbidden;
      }
      if (!ready || forbidden) continue;
      chunk.resize(kChunk);
      const ssize_t n = ::read(fd, chunk.data(), chunk.size());
      const int failed = n < 0 ? errno : 0;
      {
        const std::lock_guard lock(mutex);
        reading = false;
        changed.notify_all();
        if (stop) return;  // the loop may be gone
      }
      if (failed == EINTR || failed == EAGAIN) continue;
      chunk.resize(n > 0 ? static_cast<std::size_t>(n) : 0);
      // A small chunk must not hold a large buffer.
      if (chunk.size() < kChunk / 4) chunk.shrink_to_fit();
      {
        const std::lock_guard lock(mutex);
        if (stop) return;
        if (n > 0) {
          chunks.push_back(std::move(chunk));
        } else {
          ended = true;
          error_number = failed;
        }
        asio::post(reactor.context(), [self = weak_from_this()] {
          if (const auto state = self.lock()) state->arrived.notify_all();
        });
      }
      chunk.clear();
      if (n <= 0) return;
    }
  }

  Reactor& reactor;
  int fd;
  std::string name;
  Notifier arrived;
  WakePipe wake;
  bool started = false;
  std::thread thread;

  std::mutex mutex;  // for what follows
  std::condition_variable changed;
  std::deque<std::string> chunks;
  bool reading = false;  // inside read()
  bool ended = false;
  bool stop = false;
  int error_number = 0;
};

InputReader::InputReader(Reactor& reactor, int fd, std::string name)
    : state_(std::make_shared<State>(reactor, fd, std::move(name))) {}

InputReader::~InputReader() {
  if (!state_->started) return;
  bool stuck = false;
  {
    std::unique_lock lock(state_->mutex);
    state_->stop = true;
    // Another process may have taken what made the descriptor readable; then read() waits on.
    stuck = !state_->changed.wait_for(lock, kPatience, [&] { return !state_->reading; });
  }
  if (stuck) {
    state_->thread.detach();
    keep_for_ever(state_);
    return;
  }
  state_->changed.notify_all();
  state_->wake.wake();
  state_->thread.join();
}

asio::awaitable<Result<std::string>> InputReader::read() {
  const std::shared_ptr<State> state = state_;
  if (!state->started) state->start();
  for (;;) {
    {
      const std::lock_guard lock(state->mutex);
      if (!state->chunks.empty()) {
        std::string chunk = std::move(state->chunks.front());
        state->chunks.pop_front();
        state->changed.notify_all();
        co_return chunk;
      }
      if (state->ended) {
        if (state->error_number != 0) co_return stream_error(state->name, state->error_number);
        co_return std::string();
      }
    }
    co_await state->arrived.wait();
  }
}

// --- output --------------------------------------------------------------------------------------

struct OutputWriter::State : std::enable_shared_from_this<OutputWriter::State> {
  State(Reactor& r, int descriptor, std::string output_name)
      : reactor(r), fd(descriptor), name(std::move(output_name)), progress(r.executor()) {
    struct stat info {};
    if (fstat(fd, &info) == 0) {
      regular = S_ISREG(info.st_mode);
      terminal = isatty(fd) != 0;
      has_reader = S_ISFIFO(info.st_mode) || S_ISSOCK(info.st_mode);
    }
  }

  // Not from the constructor: the thread needs weak_from_this().
  void start() {
    started = true;
    thread = std::thread([this] { run(); });
  }

  // In the loop's thread, with nothing pending: takes off what could be written without blocking.
  // True when nothing is left, or the output has failed.
  bool write_at_once(std::string_view& bytes) {
    // A terminal that is writable may have room for a single byte.
    if (terminal) return false;
    if (!regular) {
      // A pipe that is writable takes PIPE_BUF bytes without blocking (POSIX).
      if (bytes.size() > PIPE_BUF) return false;
      pollfd watched{fd, POLLOUT, 0};
      if (poll(&watched, 1, 0) != 1 || (watched.revents & POLLOUT) == 0) return false;
    }
    while (!bytes.empty()) {
      const ssize_t n = ::write(fd, bytes.data(), bytes.size());
      if (n < 0 && errno == EINTR) continue;
      if (n < 0 && errno == EAGAIN) return false;
      if (n < 0) {
        fail(errno);
        return true;
      }
      bytes.remove_prefix(static_cast<std::size_t>(n));
    }
    return true;
  }

  void fail(int number) {
    if (failed == 0) failed = number;
    asio::post(reactor.context(), [self = weak_from_this()] {
      if (const auto state = self.lock()) state->report();
    });
  }

  void report() {
    progress.notify_all();
    if (callback) callback();
  }

  // In the thread: writes what is queued, and in between watches for the reader's end.
  void run() {
    std::string bytes;
    std::unique_lock lock(mutex);
    for (;;) {
      if (queued.empty() && !stop) {
        lock.unlock();
        pollfd watched[2] = {{wake.fd(), POLLIN, 0}, {has_reader ? fd : -1, 0, 0}};
        poll(watched, 2, -1);
        if (watched[0].revents != 0) wake.clear();
        lock.lock();
        if (!stop && (watched[1].revents & (POLLERR | POLLHUP | POLLNVAL)) != 0) {
          post_result(0, EPIPE);
          return;
        }
        continue;
      }
      if (stop) return;
      bytes.clear();
      std::swap(bytes, queued);
      lock.unlock();
      const int error_number = write_blocking(bytes);
      lock.lock();
      if (stop) return;  // the loop may be gone
      post_result(bytes.size(), error_number);
      if (error_number != 0) return;
    }
  }

  int write_blocking(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t n = ::write(fd, bytes.data(), bytes.size());
      if (n < 0 && errno == EINTR) continue;
      if (n < 0 && errno == EAGAIN) {
        // Another process has made the shared descriptor non-blocking.
        pollfd watched{fd, POLLOUT, 0};
        poll(&watched, 1, 1000);
        continue;
      }
      if (n < 0) return errno;
      bytes.remove_prefix(static_cast<std::size_t>(n));
    }
    return 0;
  }

  void post_result(std::size_t written, int error_number) {
    asio::post(reactor.context(), [self = weak_from_this(), written, error_number] {
      const auto state = self.lock();
      if (!state) return;
      state->pending -= written;
      if (error_number != 0 && state->failed == 0) state->failed = error_number;
      if (state->failed != 0) state->pending = 0;
      state->report();
    });
  }

  Reactor& reactor;
  int fd;
  std::string name;
  bool regular = false;
  bool terminal = false;
  bool has_reader = false;
  bool truncate_first = false;
  bool started = false;
  std::size_t pending = 0;
  int failed = 0;
  Notifier progress;
  std::function<void()> callback;
  WakePipe wake;
  std::thread thread;

  std::mutex mutex;  // for what follows
  std::string queued;
  bool stop = false;
};

OutputWriter::OutputWriter(Reactor& reactor, int fd, std::string name, OldContent old_content)
    : state_(std::make_shared<State>(reactor, fd, std::move(name))) {
  state_->truncate_first = state_->regular && old_content == OldContent::dropped;
  if (state_->has_reader) state_->start();
}

OutputWriter::~OutputWriter() {
  state_->callback = nullptr;
  if (!state_->started) return;
  {
    const std::lock_guard lock(state_->mutex);
    state_->stop = true;
  }
  state_->wake.wake();
  // Blocked in write() to a reader that has stalled: nothing can end that but the process's end.
  if (state_->pending == 0) {
    state_->thread.join();
  } else {
    state_->thread.detach();
    keep_for_ever(state_);
  }
}

void OutputWriter::begin() {
  State& state = *state_;
  if (!std::exchange(state.truncate_first, false)) return;
  if (ftruncate(state.fd, 0) != 0) state.fail(errno);
}

void OutputWriter::write(std::string bytes) {
  State& state = *state_;
  if (bytes.empty() || state.failed != 0) return;
  begin();
  if (state.failed != 0) return;
  if (state.pending == 0) {
    std::string_view rest = bytes;
    if (state.write_at_once(rest)) return;
    if (rest.size() < bytes.size()) bytes.erase(0, bytes.size() - rest.size());
  }
  state.pending += bytes.size();
  if (!state.started) state.start();
  bool idle = false;
  {
    const std::lock_guard lock(state.mutex);
    idle = state.queued.empty();
    if (idle)
      state.queued = std::move(bytes);
    else
      state.queued += bytes;
  }
  if (idle) state.wake.wake();
}

std::size_t OutputWriter::pending() const {
  return state_->pending;
}
void OutputWriter::on_progress(std::function<void()> callback) {
  state_->callback = std::move(callback);
}
bool OutputWriter::closed() const {
  return state_->failed == EPIPE;
}

Result<void> OutputWriter::status() const {
  if (state_->failed == 0 || state_->failed == EPIPE) return {};
  return stream_error(state_->name, state_->failed);
}

asio::awaitable<Result<void>> OutputWriter::wait_below(std::size_t limit) {
  const std::shared_ptr<State> state = state_;
  while (state->failed == 0 && state->pending > limit) co_await state->progress.wait();
  if (state->failed != 0 && state->failed != EPIPE)
    co_return stream_error(state->name, state->failed);
  co_return Result<void>();
}

// --- the process's streams -----------------------------------------------------------------------

Error stream_error(std::string_view name, int error_number) {
  if (error_number != EBADF) return system_error(Fault::other, name, error_number);
  return Error(Fault::other, std::string(name) + ": it is closed" +
                                 (name == "stdin"    ? " (</dev/null is an empty one)"
                                  : name == "stdout" ? " (>/dev/null throws away what is written)"
                                                     : ""));
}

void prepare_standard_streams() {
  for (int fd = 0; fd <= 2; ++fd)
    // Opened the wrong way round, so that using a closed stream stays an error.
    if (fcntl(fd, F_GETFD) < 0) (void)!open("/dev/null", fd == 0 ? O_WRONLY : O_RDONLY);
  std::signal(SIGPIPE, SIG_IGN);
}

std::optional<std::uint64_t> stdin_bytes_left() {
  struct stat info {};
  if (fstat(STDIN_FILENO, &info) != 0 || !S_ISREG(info.st_mode)) return std::nullopt;
  const off_t position = lseek(STDIN_FILENO, 0, SEEK_CUR);
  if (position < 0 || position > info.st_size) return std::nullopt;
  return static_cast<std::uint64_t>(info.st_size - position);
}

bool stdin_is_terminal() {
  return isatty(STDIN_FILENO) != 0;
}

std::size_t terminal_columns() {
  winsize size{};
  if (isatty(STDOUT_FILENO) != 0 && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 &&
      size.ws_col > 20)
    return size.ws_col;
  return 80;
}

bool stdout_has_colour() {
  const char* const unwanted = std::getenv("NO_COLOR");
  if (unwanted != nullptr && *unwanted != '\0') return false;
  const char* const kind = std::getenv("TERM");
  if (kind == nullptr || *kind == '\0' || std::string_view(kind) == "dumb") return false;
  return isatty(STDOUT_FILENO) == 1;
}

}  // namespace rt
