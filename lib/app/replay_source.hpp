#pragma once

#include <asio/awaitable.hpp>
#include <asio/steady_timer.hpp>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>

#include "app/replay_options.hpp"
#include "codec/recording.hpp"
#include "engine/replay_timeline.hpp"
#include "io/loop/source.hpp"
#include "io/stdio/input_reader.hpp"

namespace rt {

// A recording's messages, each when it is due: counted from the first, and never late messages
// passed over. The file is read as it is played.
class ReplaySource final : public Source {
 public:
  ReplaySource(Reactor& reactor, ReplayOptions options, ReplayChoice::For whom);

  // All that is due, some hundred at most; the end is that of the file. What came before a bad line
  // comes out before the error (usage), which names file and line.
  asio::awaitable<Result<Batch>> read() override;
  // Bytes of the file that have been read.
  std::uint64_t bytes() const { return bytes_; }

 private:
  asio::awaitable<Result<void>> fill();
  bool take_next();

  ReplayOptions options_;
  InputReader input_;
  recording::Decoder decoder_;
  ReplayTimeline timeline_;
  ReplayChoice choice_;
  asio::steady_timer timer_;
  std::deque<RecordedLine> lines_;
  MessagePtr next_;  // the message that is played next, and when
  SteadyTime due_{};
  std::optional<SteadyTime> start_;
  std::optional<Error> bad_;
  std::uint64_t bytes_ = 0;
  bool ended_ = false;
};

// As it goes out again: what it was called and when it came is the recording's.
MessagePtr replayed(const MessagePtr& message);

}  // namespace rt
