#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace rt {

// While an output is stalled, publishers to what goes there are not read from, and their requests
// are answered later. What waits for the output meanwhile is bounded: over a 64th of --memory (or
// 4 MiB) they are paused, and over a quarter of it (or 64 MiB) nothing more is taken for it.
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
  PublisherPause(std::string channel, std::size_t memory);

  void add(Waiter& waiter) { waiters_.push_back(&waiter); }
  void remove(Waiter& waiter) { std::erase(waiters_, &waiter); }

  // So many bytes wait for the output now: begins or ends the pause. At its end the waiters are
  // told, who may publish in the call.
  void waits(std::size_t bytes);
  std::size_t waiting() const { return waiting_; }
  void set(bool paused);
  // Nobody is paused any more, whatever waits.
  void end();

  bool paused() const { return paused_; }
  // True when nothing may be published to this channel now.
  bool holds(std::string_view channel) const {
    return paused_ && (channel_.empty() || channel_ == channel);
  }
  // What is published to this channel nevertheless is more than may wait.
  bool refuses(std::string_view channel) const { return waiting_ >= most_ && holds(channel); }

  // Bytes that may wait before publishers are paused, and in all.
  std::size_t begins_at() const { return begins_at_; }
  std::size_t most() const { return most_; }

 private:
  std::string channel_;
  std::vector<Waiter*> waiters_;
  const std::size_t begins_at_;
  const std::size_t most_;
  std::size_t waiting_ = 0;
  bool paused_ = false;
  bool ended_ = false;
};

}  // namespace rt
