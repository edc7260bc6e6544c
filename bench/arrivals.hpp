#pragma once

// Which numbered messages have arrived, and how: lost, twice or out of order is counted, damage
// throws std::runtime_error.

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "numbered_message.hpp"

namespace rt::bench {

class Arrivals {
 public:
  Arrivals(std::uint64_t messages, std::size_t size)
      : size_(size), expected_(size, '\0'), seen_(messages) {}

  // The number of the message.
  std::uint64_t add(std::string_view message) {
    std::uint64_t number = 0;
    if (message.size() == size_) {
      std::from_chars(message.data(), message.data() + kNumberDigits, number);
      write_numbered_message(number, expected_);
    }
    if (message != expected_ || number >= seen_.size()) {
      throw std::runtime_error("not a message that was sent: " + std::string(message));
    }
    if (seen_[number]) {
      ++doubled_;
      return number;
    }
    seen_[number] = true;
    ++arrived_;
    if (number < next_) ++late_;
    if (number >= next_) next_ = number + 1;
    return number;
  }

  bool all() const { return arrived_ == seen_.size(); }
  std::uint64_t arrived() const { return arrived_; }
  std::uint64_t lost() const { return seen_.size() - arrived_; }
  std::uint64_t doubled() const { return doubled_; }
  // Behind one that was sent after them.
  std::uint64_t late() const { return late_; }

 private:
  std::size_t size_;
  std::string expected_;
  std::vector<bool> seen_;
  std::uint64_t next_ = 0;
  std::uint64_t arrived_ = 0;
  std::uint64_t doubled_ = 0;
  std::uint64_t late_ = 0;
};

}  // namespace rt::bench
