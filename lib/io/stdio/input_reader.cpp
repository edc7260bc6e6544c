#include "io/stdio/input_reader.hpp"

#include <poll.h>
#include <sys/select.h>
#include <unistd.h>

#include <algorithm>
#include <asio/post.hpp>
#include <cerrno>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <utility>

#include "base/clock.hpp"
#include "io/loop/blocking_thread.hpp"
#include "io/loop/notifier.hpp"
#include "io/stdio/pipe_room.hpp"
#include "io/stdio/standard_streams.hpp"

namespace rt {
namespace {

constexpr std::size_t kChunk = 64u << 10;
constexpr std::size_t kMostAhead = 256u << 10;  // bytes, before another chunk
constexpr Milliseconds kPatience = 50ms;        // with a thread that is asked to end

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
    std::size_t size = kChunk;
    std::string chunk;
    for (;;) {
      {
        std::unique_lock lock(mutex);
        changed.wait(lock, [&] { return stop || ahead < kMostAhead; });
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
      chunk.resize(size);
      const ssize_t n = ::read(fd, chunk.data(), chunk.size());
      const int failed = n < 0 ? errno : 0;
      {
        const std::lock_guard lock(mutex);
        reading = false;
        changed.notify_all();
        if (stop) return;  // the loop may be gone
      }
      if (failed == EINTR || failed == EAGAIN) continue;
      // Much comes.
      if (n == static_cast<ssize_t>(kChunk) && size == kChunk) {
        widen_pipe(fd);
        size = kPipeRoom;
      }
      chunk.resize(n > 0 ? static_cast<std::size_t>(n) : 0);
      // A small chunk must not hold a large buffer.
      if (chunk.size() < chunk.capacity() / 4) chunk.shrink_to_fit();
      {
        const std::lock_guard lock(mutex);
        if (stop) return;
        if (n > 0) {
          ahead += chunk.size();
          chunks.push_back(std::move(chunk));
        } else {
          ended = true;
          error_number = failed;
        }
        asio::post(reactor.executor(), [self = weak_from_this()] {
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
  std::size_t ahead = 0;  // bytes of them
  bool reading = false;   // inside read()
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
        state->ahead -= chunk.size();
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

}  // namespace rt
