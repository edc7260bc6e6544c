#include "io/stdio/output_writer.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <array>
#include <asio/post.hpp>
#include <asio/signal_set.hpp>
#include <cerrno>
#include <climits>
#include <csignal>
#include <mutex>
#include <optional>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "base/log.hpp"
#include "base/text.hpp"
#include "io/loop/blocking_thread.hpp"
#include "io/loop/notifier.hpp"
#include "io/stdio/last_line.hpp"
#include "io/stdio/pipe_room.hpp"
#include "io/stdio/standard_streams.hpp"

namespace rt {
namespace {

constexpr std::size_t kMuch = 64u << 10;  // bytes: less is copied behind what waits already
constexpr Milliseconds kBetweenLooks = 100ms;
constexpr std::size_t kMostTogether = 16;  // pieces in one system call, as POSIX allows everywhere

}  // namespace

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

  // The file of that name may be another one by now.
  void look_at_name(bool at_once) {
    const SteadyTime now = std::chrono::steady_clock::now();
    if (!at_once && now - looked < kBetweenLooks) return;
    looked = now;
    struct stat ours {};
    struct stat of_name {};
    if (fstat(fd, &ours) != 0) return;
    if (stat(name.c_str(), &of_name) == 0 && of_name.st_ino == ours.st_ino &&
        of_name.st_dev == ours.st_dev)
      return;
    const int fresh = open(name.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    const bool opened = fresh >= 0 && dup2(fresh, fd) >= 0 && fcntl(fd, F_SETFD, FD_CLOEXEC) == 0;
    if (!opened && !std::exchange(told_old, true))
      Log::warn(
          system_error(Fault::other, printable(name) + ": going on with the file as it was", errno)
              .text());
    if (fresh >= 0) close(fresh);
  }

  // Those who move logs away say so; they must not end what writes them.
  void heed_hang_ups() {
    if (isatty(STDIN_FILENO) != 0 || isatty(STDERR_FILENO) != 0) return;
    hang_ups.emplace(reactor.executor(), SIGHUP);
    await_hang_up();
  }
  void await_hang_up() {
    hang_ups->async_wait([self = weak_from_this()](asio::error_code failed_, int) {
      const auto state = self.lock();
      if (failed_ || !state) return;
      state->look_at_name(true);
      state->await_hang_up();
    });
  }

  void fail(int number) {
    if (failed == 0) failed = number;
    asio::post(reactor.executor(), [self = weak_from_this()] {
      if (const auto state = self.lock()) state->report();
    });
  }

  void report() {
    progress.notify_all();
    if (callback) callback();
  }

  // In the thread: writes what is queued, and in between watches for the reader's end.
  void run() {
    std::vector<std::string> pieces;
    bool widened = false;
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
      std::swap(pieces, queued);
      lock.unlock();
      std::size_t written = 0;
      for (const std::string& piece : pieces) written += piece.size();
      if (written > kMuch && !std::exchange(widened, true)) widen_pipe(fd);
      const int error_number = write_blocking(pieces);
      pieces.clear();
      lock.lock();
      if (stop) return;  // the loop may be gone
      post_result(written, error_number);
      if (error_number != 0) return;
    }
  }

  int write_blocking(const std::vector<std::string>& pieces) {
    std::size_t at = 0;       // the first piece that is not written whole
    std::size_t written = 0;  // bytes of it
    while (at < pieces.size()) {
      std::array<iovec, kMostTogether> parts;
      std::size_t count = 0;
      for (; count < parts.size() && at + count < pieces.size(); ++count) {
        // writev() does not write to what it is given.
        parts[count].iov_base = const_cast<char*>(pieces[at + count].data());
        parts[count].iov_len = pieces[at + count].size();
      }
      parts[0].iov_base = static_cast<char*>(parts[0].iov_base) + written;
      parts[0].iov_len -= written;
      const ssize_t n = ::writev(fd, parts.data(), static_cast<int>(count));
      if (n < 0 && errno == EINTR) continue;
      if (n < 0 && errno == EAGAIN) {
        // Another process has made the shared descriptor non-blocking.
        pollfd watched{fd, POLLOUT, 0};
        poll(&watched, 1, 1000);
        continue;
      }
      if (n < 0) return errno;
      written += static_cast<std::size_t>(n);
      for (; at < pieces.size() && written >= pieces[at].size(); ++at) written -= pieces[at].size();
    }
    return 0;
  }

  void post_result(std::size_t written, int error_number) {
    asio::post(reactor.executor(), [self = weak_from_this(), written, error_number] {
      const auto state = self.lock();
      if (!state) return;
      state->pending -= written;
      if (error_number != 0 && state->failed == 0) state->failed = error_number;
      if (state->failed != 0) state->pending = 0;
      if (state->pending == 0) state->over_last_line.end();
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
  bool named = false;  // the file is one's own, with `name` for its path
  bool told_old = false;
  SteadyTime looked{};
  std::optional<asio::signal_set> hang_ups;
  bool started = false;
  std::size_t pending = 0;
  int failed = 0;
  Notifier progress;
  std::function<void()> callback;
  WakePipe wake;
  std::thread thread;
  LastLine::Writing over_last_line;

  std::mutex mutex;  // for what follows
  std::vector<std::string> queued;
  bool stop = false;
};

OutputWriter::OutputWriter(Reactor& reactor, int fd, std::string name, OldContent old_content,
                           WhenMoved moved)
    : state_(std::make_shared<State>(reactor, fd, std::move(name))) {
  state_->truncate_first = state_->regular && old_content == OldContent::dropped;
  state_->named = state_->truncate_first && moved == WhenMoved::made_anew;
  if (state_->named) state_->heed_hang_ups();
  if (state_->has_reader) state_->start();
}

OutputWriter::~OutputWriter() {
  state_->callback = nullptr;
  state_->hang_ups.reset();
  state_->over_last_line.end();
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
  // Somebody may cut it to nothing (copytruncate): no hole is to stand before what comes then.
  const int flags = fcntl(state.fd, F_GETFL);
  if (flags >= 0) fcntl(state.fd, F_SETFL, flags | O_APPEND);
}

void OutputWriter::write(std::string bytes) {
  State& state = *state_;
  if (bytes.empty() || state.failed != 0) return;
  if (state.named) state.look_at_name(false);
  begin();
  if (state.failed != 0) return;
  if (state.pending == 0) {
    std::string_view rest = bytes;
    if (state.write_at_once(rest)) return;
    if (rest.size() < bytes.size()) bytes.erase(0, bytes.size() - rest.size());
  }
  if (state.terminal) state.over_last_line.begin();
  state.pending += bytes.size();
  if (!state.started) state.start();
  bool idle = false;
  {
    const std::lock_guard lock(state.mutex);
    idle = state.queued.empty();
    if (idle || state.queued.back().size() + bytes.size() > kMuch)
      state.queued.push_back(std::move(bytes));
    else
      state.queued.back() += bytes;
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

}  // namespace rt
