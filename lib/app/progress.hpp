#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"

namespace rt {

// To the nearest whole number. llround() would be all that the math library is mapped for.
constexpr std::int64_t rounded(double number) {
  return static_cast<std::int64_t>(number + (number < 0 ? -0.5 : 0.5));
}

// How fast a count has grown of late.
class Speed {
 public:
  explicit Speed(Milliseconds window) : window_(window) {}

  // The count at that time; times and counts never fall.
  void add(SteadyTime now, std::uint64_t count);
  // A second, between the first and the last count within the window; 0 while there is only one.
  double per_second() const;

 private:
  struct Sample {
    SteadyTime time;
    std::uint64_t count;
  };
  Milliseconds window_;
  std::deque<Sample> samples_;
};

// What the live line shows.
struct Progress {
  struct Way {
    std::string name = {};  // "sent", "received"; empty: there is only one
    std::uint64_t messages = 0;
    std::uint64_t bytes = 0;
    double rate = 0;  // messages a second
  };
  std::vector<Way> ways;
  Milliseconds elapsed{0};
  std::optional<std::uint64_t> lag;  // messages that were read and are not accepted yet
  std::uint64_t reconnects = 0;
  std::optional<unsigned> percent;
  std::optional<Milliseconds> left;
};

// "12034 messages, 812/s, 1.5 MiB, 0:12, lag 3, reconnects 1, 45%, 0:15 left" in at most so many
// columns: what matters least is left out as a whole where there is no room.
std::string progress_text(const Progress& progress, std::size_t columns);

// How much of a known size is done, and how long the rest takes at that speed; absent where it
// cannot be known.
std::optional<unsigned> percent_of(std::uint64_t done, std::uint64_t size);
std::optional<Milliseconds> time_left(std::uint64_t done, std::uint64_t size, double per_second);

// For people: "0.4", "812", "12.3k", "1.2M".
std::string short_number(double number);
// "812 B", "1.5 MiB".
std::string short_bytes(double bytes);
// "0:07", "1:02:03", "2d 03:04:05".
std::string clock_text(Milliseconds span);

}  // namespace rt
