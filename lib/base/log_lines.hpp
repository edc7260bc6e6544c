#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/clock.hpp"

namespace rt {

// Lines for a descriptor that somebody else may have stopped reading: a pipe, a terminal, a socket,
// a file. Its mode is not changed, for others may write to it, too.
//
// A line waits for room for a quarter of a second at most. From then on lines are dropped and
// counted, without waiting, until there is room again; then a line says how many it were.
class LogLines {
 public:
  // `who` begins the line about those that were dropped.
  LogLines(int fd, std::string who, Milliseconds patience = Milliseconds(250))
      : fd_(fd), who_(std::move(who)), patience_(patience) {}
  ~LogLines();
  LogLines(const LogLines&) = delete;
  LogLines& operator=(const LogLines&) = delete;

  // `line` is without a newline. In one write where the system takes that much whole (PIPE_BUF), so
  // that lines of several processes do not mix.
  void put(const std::string& line);
  // Ever.
  std::uint64_t dropped() const { return dropped_; }

 private:
  enum class Kind : std::uint8_t { unknown, file, terminal, socket, other };

  void find_kind();
  bool has_room(Milliseconds patience) const;
  // How many bytes were taken; fewer than all when there was no room in time.
  std::size_t write(std::string_view bytes, Milliseconds patience);

  int fd_;
  std::string who_;
  Milliseconds patience_;
  Kind kind_ = Kind::unknown;
  int terminal_ = -1;  // the terminal, opened once more so as not to wait for it
  bool stalled_ = false;
  bool cut_ = false;  // the last line lacks its end
  std::uint64_t dropped_ = 0;
  std::uint64_t untold_ = 0;  // of them
};

}  // namespace rt
