#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/clock.hpp"
#include "base/log.hpp"

namespace rt {

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
  explicit Skipped(std::string who) : who_(std::move(who)) {}
  Skipped(const Skipped&) = delete;
  Skipped& operator=(const Skipped&) = delete;

  void add(std::string_view why) {
    ++number_;
    what_ = "messages skipped (" + std::string(why) + ")";
    losses_.add(who_, what_, 1);
  }
  void tell() { losses_.tell(who_, what_); }
  std::uint64_t number() const { return number_; }

 private:
  const std::string who_;
  std::string what_;  // as of the last
  Losses losses_;
  std::uint64_t number_ = 0;
};

}  // namespace rt
