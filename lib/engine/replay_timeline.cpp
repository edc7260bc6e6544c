#include "engine/replay_timeline.hpp"

#include <algorithm>

namespace rt {

Microseconds ReplayTimeline::place_of(const RecordedLine& line) {
  if (line.at) {
    if (line.kind == RecordedLine::Kind::begin) shift_ = last_ - *line.at;
    return *line.at + shift_;
  }
  if (line.time == WallTime{}) return last_;
  if (!wall_) wall_ = WallPlace{line.time, last_};
  return wall_->place + (line.time - wall_->time);
}

Microseconds ReplayTimeline::due(const RecordedLine& line) {
  last_ = std::max(last_, place_of(line));
  if (speed_ <= 0) return Microseconds(0);
  const double wait = static_cast<double>((last_ - base_).count()) / speed_;
  return Microseconds(static_cast<Microseconds::rep>(std::min(wait, 9e15)));
}

bool ReplayChoice::plays(const RecordedLine& line) {
  // What has come to a relay is there once, what it has given away perhaps several times.
  if (line.kind == RecordedLine::Kind::begin)
    of_listener_ = line.command.ends_with(" sub") || line.command == "rtrelay relay";
  if (line.kind != RecordedLine::Kind::message) return false;
  const bool servers = for_ == For::server || of_listener_;
  const RecordedSide usual = servers ? RecordedSide::server : RecordedSide::client;
  const RecordedSide wanted = wanted_ == RecordedSide::unknown ? usual : wanted_;
  const bool plays = line.from == RecordedSide::unknown || line.relayed || line.from == wanted;
  if (plays)
    has_played_ = true;
  else
    passed_over_ = line.from;
  return plays;
}

std::string_view ReplayChoice::why_nothing() const {
  if (has_played_ || passed_over_ == RecordedSide::unknown) return {};
  return passed_over_ == RecordedSide::client
             ? "nothing is played: all messages are of clients (--replay-from client)"
             : "nothing is played: all messages are the server's (--replay-from server)";
}

}  // namespace rt
