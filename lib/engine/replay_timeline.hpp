#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/clock.hpp"
#include "model/recorded_line.hpp"

namespace rt {

// When the lines of a recording are due. Lines say it by "at", or else by when their message came;
// those that say nothing are due with the line before them.
class ReplayTimeline {
 public:
  // So many times as fast as it was recorded; 0: all at once.
  explicit ReplayTimeline(double speed) : speed_(speed) {}

  // Of the next line, counted from the last restart() or the recording's beginning; never before
  // the line before it.
  Microseconds due(const RecordedLine& line);
  // From now on it is counted from the line that was asked for last.
  void restart() { base_ = last_; }

 private:
  Microseconds place_of(const RecordedLine& line);

  double speed_;
  Microseconds last_{0};   // where the last line stands
  Microseconds base_{0};   // from where on is counted
  Microseconds shift_{0};  // of what a second recording in the same file says
  struct WallPlace {
    WallTime time;
    Microseconds place;
  };
  std::optional<WallPlace> wall_;  // a line that stands there by its time
};

// Which messages of a recording are played.
class ReplayChoice {
 public:
  // What clients say goes out of a client, what the server says out of a server.
  enum class For : std::uint8_t { client, server };
  // `wanted` unknown: those of the side that it is for, but a client that only listened, or a
  // relay, has recorded what is to be published.
  ReplayChoice(For whom, RecordedSide wanted) : for_(whom), wanted_(wanted) {}

  // Lines in their order.
  bool plays(const RecordedLine& line);
  // When nothing has been played though there was something: what to do about it, for people; else
  // empty.
  std::string_view why_nothing() const;

 private:
  For for_;
  RecordedSide wanted_;
  bool of_listener_ = false;
  bool has_played_ = false;
  RecordedSide passed_over_ = RecordedSide::unknown;
};

}  // namespace rt
