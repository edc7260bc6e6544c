#pragma once

#include <asio/awaitable.hpp>
#include <asio/redirect_error.hpp>
#include <asio/steady_timer.hpp>
#include <asio/use_awaitable.hpp>

namespace rt {

// Wakes coroutines that wait for a condition. The condition itself is a plain variable of the
// owner: `while (!ready) co_await notifier.wait();`. One thread, no counting. The woken coroutines
// resume from the loop, never inside notify_all().
class Notifier {
 public:
  explicit Notifier(const asio::any_io_executor& executor) : timer_(executor, never()) {}

  // Completes at the next notify_all() (or when the coroutine is cancelled).
  asio::awaitable<void> wait() {
    asio::error_code ignored;
    co_await timer_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
  }

  // The same with a time limit: false when it passed first. At most one coroutine at a time may
  // wait so.
  asio::awaitable<bool> wait_until(std::chrono::steady_clock::time_point deadline) {
    asio::steady_timer limited(timer_.get_executor(), deadline);
    const Limit scope(limited_, &limited);
    asio::error_code failed;
    co_await limited.async_wait(asio::redirect_error(asio::use_awaitable, failed));
    co_return static_cast<bool>(failed);
  }

  // Wakes all that wait now.
  void notify_all() {
    timer_.cancel();
    if (limited_ != nullptr) limited_->cancel();
  }

 private:
  static std::chrono::steady_clock::time_point never() {
    return std::chrono::steady_clock::time_point::max();
  }

  // A coroutine's frame may be destroyed while it waits: the pointer must not outlive the timer.
  struct Limit {
    Limit(asio::steady_timer*& slot, asio::steady_timer* timer) : slot_(slot) { slot_ = timer; }
    ~Limit() { slot_ = nullptr; }
    Limit(const Limit&) = delete;
    Limit& operator=(const Limit&) = delete;
    asio::steady_timer*& slot_;
  };

  asio::steady_timer timer_;
  asio::steady_timer* limited_ = nullptr;
};

}  // namespace rt
