#pragma once

#include <asio/awaitable.hpp>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>

#include "base/result.hpp"
#include "io/loop/reactor.hpp"
#include "io/stdio/state_file.hpp"
#include "model/position.hpp"

namespace rt {

// Leaves in a file how far a run has got: behind the last message that is safe, never further. The
// latest position is written as soon as the one before is; nobody waits for it but finish().
class PositionKeeper {
 public:
  // `on_failure`: the file cannot be written to.
  PositionKeeper(Reactor& reactor, std::shared_ptr<StateFile> file,
                 std::function<void()> on_failure);
  ~PositionKeeper();
  PositionKeeper(const PositionKeeper&) = delete;
  PositionKeeper& operator=(const PositionKeeper&) = delete;

  // The next message has come, and is at this position; nullopt: at none that a run could go on
  // from.
  void came(std::optional<Position> position);
  // So many of all that came are safe.
  void safe(std::uint64_t messages);
  bool all_safe() const { return safe_ == came_; }
  // Whether there was any position.
  bool knows() const { return known_; }
  std::uint64_t number() const { return came_; }

  // Completes when the file holds what is safe: so little comes twice when the run is killed.
  asio::awaitable<void> noted();
  // Completes when the file holds the last position, or could not be written to. `last`: where
  // the run is when all is safe, if that is further.
  asio::awaitable<Result<void>> finish(std::optional<Position> last);

 private:
  struct Mark {
    std::uint64_t messages;
    Position position;
  };
  struct Saving;

  std::shared_ptr<Saving> saving_;
  std::deque<Mark> marks_;  // of what is not safe
  std::uint64_t came_ = 0;
  std::uint64_t safe_ = 0;
  bool known_ = false;
};

}  // namespace rt
