#pragma once

#include <cstddef>
#include <cstdint>

namespace rt {

// Finds the message at which the other side hangs up, where it gives no reason: the first of those
// without an acknowledgement when three connections in a row ended, and alone under way on the
// last. One of fewer than `least` bytes is never it, where length alone can be the reason: another
// time it may pass.
class HangUps {
 public:
  explicit HangUps(std::size_t least = 0) : least_(least) {}

  // A connection on which messages were sent has ended. `unanswered` of them have no
  // acknowledgement; `first` is the first of these, whatever the caller knows it by, and
  // `bytes` its size.
  void lost(bool any_answered, std::size_t unanswered, std::uint64_t first, std::size_t bytes) {
    if (unanswered == 0) return;
    times_ = times_ > 0 && first == suspect_ ? times_ + 1 : 1;
    suspect_ = first;
    cautious_ = cautious_ || !any_answered || times_ > 1;
    found_ = bytes >= least_ && times_ >= kTimes && unanswered == 1;
  }
  void answered(std::uint64_t message) {
    if (message != suspect_ || times_ == 0) return;
    times_ = 0;
    cautious_ = found_ = false;
  }

  // Messages are to be under way one at a time, so that the next end shows which one it is.
  bool cautious() const { return cautious_; }
  // The suspect is to be given up; then say answered().
  bool found() const { return found_; }
  std::uint64_t suspect() const { return suspect_; }

 private:
  static constexpr int kTimes = 3;

  std::size_t least_;
  std::uint64_t suspect_ = 0;
  int times_ = 0;
  bool cautious_ = false;
  bool found_ = false;
};

}  // namespace rt
