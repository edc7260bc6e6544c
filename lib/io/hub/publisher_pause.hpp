#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace rt {

// While an output is stalled, publishers to what goes there are not read from, and their requests
// are answered later.
class PublisherPause {
 public:
  // Whoever has publishers waiting.
  class Waiter {
   public:
    virtual void on_resume() = 0;

   protected:
    ~Waiter() = default;
  };

  // `channel`: the one that goes to the output; empty: all do.
  explicit PublisherPause(std::string channel) : channel_(std::move(channel)) {}

  void add(Waiter& waiter) { waiters_.push_back(&waiter); }
  void remove(Waiter& waiter) { std::erase(waiters_, &waiter); }

  void set(bool paused);
  bool paused() const { return paused_; }
  // True when nothing may be published to this channel now.
  bool holds(std::string_view channel) const {
    return paused_ && (channel_.empty() || channel_ == channel);
  }
  // So much has been published since the pause began: each may be answered later, but not any
  // number of them.
  void count(std::size_t bytes) {
    if (paused_) bytes_ += bytes;
  }
  bool full() const { return paused_ && bytes_ >= kMostBytes; }

 private:
  static constexpr std::size_t kMostBytes = 64u << 20;

  std::string channel_;
  std::vector<Waiter*> waiters_;
  std::size_t bytes_ = 0;
  bool paused_ = false;
};

}  // namespace rt
