#include "io/loop/uv_bridge.hpp"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>
#include <uv.h>

#include <asio/posix/stream_descriptor.hpp>
#include <asio/post.hpp>
#include <asio/steady_timer.hpp>
#include <atomic>
#include <cerrno>
#include <functional>
#include <system_error>
#include <thread>

namespace rt {
namespace {

constexpr int kTurns = 16;

[[noreturn]] void fail(int error_number) {
  throw std::system_error(error_number, std::generic_category(), "libuv");
}

int duplicate(int fd) {
  const int out = fcntl(fd, F_DUPFD_CLOEXEC, 0);
  if (out < 0) fail(errno);
  return out;
}

// Waits on a descriptor in a thread of its own and calls back, from that thread, once for every
// arm(). It touches nothing but the descriptor.
class WaitThread {
 public:
  WaitThread(int fd, std::function<void()> ready) : fd_(fd), ready_(std::move(ready)) {
    if (pipe(wake_) != 0) fail(errno);
    for (const int end : wake_) fcntl(end, F_SETFD, FD_CLOEXEC);
    thread_ = std::thread([this] { run(); });
  }
  ~WaitThread() {
    stop_ = true;
    signal();
    thread_.join();
    close(wake_[0]);
    close(wake_[1]);
  }

  void arm() {
    armed_ = true;
    signal();
  }

 private:
  void signal() {
    const char byte = 0;
    while (write(wake_[1], &byte, 1) < 0 && errno == EINTR) {
    }
  }

  void run() {
    while (!stop_) {
      pollfd watched[2] = {{wake_[0], POLLIN, 0}, {armed_ ? fd_ : -1, POLLIN, 0}};
      if (poll(watched, 2, -1) < 0) continue;
      if (watched[0].revents != 0) {
        char bytes[64];
        while (read(wake_[0], bytes, sizeof bytes) < 0 && errno == EINTR) {
        }
      }
      if (watched[1].revents != 0 && armed_.exchange(false)) ready_();
    }
  }

  int fd_;
  std::function<void()> ready_;
  int wake_[2];
  std::atomic<bool> armed_ = false;
  std::atomic<bool> stop_ = false;
  std::thread thread_;
};

}  // namespace

// Shared with the handlers that are under way, so that they can tell that the bridge is gone.
struct UvBridge::State : std::enable_shared_from_this<UvBridge::State> {
  State(Reactor& r, BridgeKind bridge_kind)
      : reactor(r), kind(bridge_kind), descriptor(r.context()), timer(r.context()) {
    // libuv's error numbers are the system's, negated.
    if (const int failed = uv_loop_init(&loop); failed != 0) fail(-failed);
  }

  void start() {
    const int fd = duplicate(uv_backend_fd(&loop));
    if (kind == BridgeKind::thread) {
      thread_fd = fd;
      // The thread posts to the loop and holds no reference: it ends before the state does.
      waiter = std::make_unique<WaitThread>(fd, [this] {
        asio::post(reactor.context(), [self = weak_from_this()] {
          if (const auto state = self.lock()) state->on_ready();
        });
      });
    } else {
      descriptor.assign(fd);
    }
    watch();
  }

  void stop() {
    closed = true;
    waiter.reset();
    if (thread_fd >= 0) close(thread_fd);
    asio::error_code ignored;
    if (descriptor.is_open()) descriptor.close(ignored);
    timer.cancel();
    // What lws closed is freed by further turns of the loop.
    for (int turn = 0; turn < 100 && uv_run(&loop, UV_RUN_NOWAIT) != 0; ++turn) {
    }
    uv_walk(
        &loop,
        [](uv_handle_t* handle, void*) {
          if (uv_is_closing(handle) == 0) uv_close(handle, nullptr);
        },
        nullptr);
    while (uv_run(&loop, UV_RUN_NOWAIT) != 0) {
    }
    uv_loop_close(&loop);
  }

  void watch() {
    if (waiter) {
      waiter->arm();
      return;
    }
    descriptor.async_wait(asio::posix::stream_descriptor::wait_read,
                          [self = weak_from_this()](asio::error_code failed) {
                            const auto state = self.lock();
                            if (!failed && state && !state->closed) state->on_ready();
                          });
  }

  void on_ready() {
    // A busy connection is read in small pieces, one a run: several runs for one wake, but not so
    // many that the rest of the program would notice.
    for (int turn = 0; turn < kTurns && !closed; ++turn) {
      run();
      if (closed || !backend_ready()) break;
    }
    if (!closed) watch();
  }

  bool backend_ready() const {
    pollfd watched{uv_backend_fd(&loop), POLLIN, 0};
    return poll(&watched, 1, 0) > 0;
  }

  void pump() {
    if (pump_posted || running) return;
    pump_posted = true;
    asio::post(reactor.context(), [self = weak_from_this()] {
      const auto state = self.lock();
      if (!state || state->closed) return;
      state->pump_posted = false;
      state->run();
    });
  }

  void run() {
    if (running) return;
    const auto keep = shared_from_this();
    running = true;
    uv_run(&loop, UV_RUN_NOWAIT);
    running = false;
    if (closed) return;
    if (const auto call = after_run) call();
    if (closed) return;
    schedule();
  }

  // libuv's own timers, seen through the time to its next one.
  void schedule() {
    const int wait = uv_backend_timeout(&loop);
    if (wait == 0 && uv_loop_alive(&loop) != 0) {
      pump();
    } else if (wait > 0) {
      const auto due = std::chrono::steady_clock::now() + std::chrono::milliseconds(wait);
      // A timer that fires early only runs the loop once more: move it only when it is too late.
      if (timer_armed && timer.expiry() <= due) return;
      timer_armed = true;
      timer.expires_at(due);
      timer.async_wait([self = weak_from_this()](asio::error_code failed) {
        const auto state = self.lock();
        if (failed || !state || state->closed) return;
        state->timer_armed = false;
        state->run();
      });
    }
  }

  Reactor& reactor;
  BridgeKind kind;
  uv_loop_t loop{};
  asio::posix::stream_descriptor descriptor;
  asio::steady_timer timer;
  std::unique_ptr<WaitThread> waiter;
  std::function<void()> after_run;
  int thread_fd = -1;
  bool timer_armed = false;
  bool pump_posted = false;
  bool running = false;
  bool closed = false;
};

BridgeKind default_bridge() {
#ifdef __APPLE__
  return BridgeKind::thread;
#else
  return BridgeKind::descriptor;
#endif
}

UvBridge::UvBridge(Reactor& reactor, BridgeKind kind)
    : state_(std::make_shared<State>(reactor, kind)) {
  state_->start();
}

UvBridge::~UvBridge() {
  state_->stop();
}

void UvBridge::after_run(std::function<void()> call) {
  state_->after_run = std::move(call);
}

uv_loop_s* UvBridge::loop() {
  return &state_->loop;
}
void UvBridge::pump() {
  state_->pump();
}
void UvBridge::run_now() {
  state_->run();
}

}  // namespace rt
