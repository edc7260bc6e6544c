#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <utility>

namespace rt {

// Says how many answers are worth a wake, where many are under way and come one by one: three
// quarters of them, so that the other side still has work while they are taken, and has more before
// it ends.
class AnswerWakes {
 public:
  // After it a wake is due, however few have come.
  static constexpr auto kPause = std::chrono::microseconds(1000);

  // A wake has ended: `under_way` answers are to come, and so many have come in all. 1: the next
  // one is awaited. So it is, too, when the last pause was for nothing: the other side takes its
  // time.
  std::size_t note(std::size_t under_way, std::uint64_t answers) {
    const std::uint64_t came = answers - std::exchange(answers_, answers);
    const bool in_vain = came < std::exchange(asked_, 0);
    if (in_vain || under_way < kFewest) return 1;
    return asked_ = under_way - under_way / 4;
  }

 private:
  static constexpr std::size_t kFewest = 4;

  std::uint64_t answers_ = 0;  // until then
  std::size_t asked_ = 0;      // for the last pause
};

}  // namespace rt
