#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "base/clock.hpp"
#include "base/log.hpp"

namespace rt {

// Losses of one kind: told at the first, and then once in a while with their number.
class Losses {
 public:
  void add(const std::string& who, std::string_view what, std::uint64_t number) {
    untold_ += number;
    const SteadyTime now = std::chrono::steady_clock::now();
    if (now < quiet_until_) return;
    quiet_until_ = now + kTellAgain;
    tell(who, what);
  }
  void tell(const std::string& who, std::string_view what) {
    if (untold_ == 0) return;
    Log::warn(who + ": " + std::string(what) + ": " + std::to_string(std::exchange(untold_, 0)));
  }

 private:
  static constexpr Milliseconds kTellAgain = 1s;

  std::uint64_t untold_ = 0;
  SteadyTime quiet_until_{};
};

}  // namespace rt
