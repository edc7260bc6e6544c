#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/clock.hpp"
#include "base/log.hpp"
#include "model/message.hpp"

namespace rt {

// A warning at the end of a relay: what its sinks have not taken.
inline void tell_not_passed_on(std::uint64_t number) {
  Log::warn("ended before " + std::to_string(number) +
            (number == 1 ? " message that was read" : " messages that were read") +
            " could be passed on");
}

// Losses of one kind: told at the first, and then once in a while, with their number where it is
// known.
class Losses {
 public:
  void add(const std::string& who, std::string_view what, std::optional<std::uint64_t> number) {
    any_ = true;
    if (number)
      untold_ += *number;
    else
      unknown_ = true;
    const SteadyTime now = std::chrono::steady_clock::now();
    if (now < quiet_until_) return;
    quiet_until_ = now + kTellAgain;
    tell(who, what);
  }
  // What is no loss: shown with -v, once.
  void add_quietly(std::uint64_t number) { untold_ += number; }
  void tell_quietly(const std::string& who, std::string_view what) {
    if (const std::uint64_t number = std::exchange(untold_, 0); number > 0)
      Log::info(who + ": " + std::to_string(number) + " messages " + std::string(what));
  }
  void tell(const std::string& who, std::string_view what) {
    if (!std::exchange(any_, false)) return;
    std::string text = who + ": " + std::string(what);
    const std::uint64_t number = std::exchange(untold_, 0);
    if (!std::exchange(unknown_, false))
      text += ": " + std::to_string(number);
    else if (number > 0)
      text += ": more than " + std::to_string(number);
    Log::warn(text);
  }

 private:
  static constexpr Milliseconds kTellAgain = 1s;

  std::uint64_t untold_ = 0;
  bool any_ = false;
  bool unknown_ = false;  // there are some besides, nobody knows how many
  SteadyTime quiet_until_{};
};

// What one end passes over, and why.
class Skipped {
 public:
  // Takes a message that is known, so that it is not lost; absent: nobody does.
  using Keep = std::function<void(const std::string& who, const Message&, std::string_view why)>;

  explicit Skipped(std::string who, Keep keep = {}, std::string what = "messages skipped")
      : who_(std::move(who)), keep_(std::move(keep)), called_(std::move(what)) {}
  Skipped(const Skipped&) = delete;
  Skipped& operator=(const Skipped&) = delete;

  void add(const Message& message, std::string_view why) {
    if (!keep_) return add(why);
    keep_(who_, message, why);
  }
  void add(std::string_view why) {
    ++number_;
    what_ = called_ + " (" + std::string(why) + ")";
    losses_.add(who_, what_, 1);
  }
  void tell() { losses_.tell(who_, what_); }
  std::uint64_t number() const { return number_; }

 private:
  const std::string who_;
  const Keep keep_;
  const std::string called_;
  std::string what_;  // as of the last
  Losses losses_;
  std::uint64_t number_ = 0;
};

}  // namespace rt
