#pragma once

#include <asio/awaitable.hpp>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <vector>

#include "app/replay_server.hpp"
#include "base/error.hpp"
#include "io/loop/file_worker.hpp"
#include "io/loop/notifier.hpp"
#include "io/stdio/frame_writer.hpp"
#include "io/stdio/output_writer.hpp"
#include "model/recorded_line.hpp"

// How a recording is played to many clients, each at its own place in it.
namespace rt {

inline constexpr std::size_t kMostForStdout = 1u << 20;  // bytes, before clients are not read

// From where on a recording is played.
struct RecordedPlace {
  std::uint64_t offset = 0;
  std::uint64_t line = 0;  // how many stand before it
};

// A connection that the recording has ended, though not for good.
struct EndedPlay {
  std::string peer;
  RecordedPlace next;
  SteadyTime forgotten;
};

class Player;

// What all connections share; those that end may outlive the server for a moment.
struct Players {
  Players(Reactor& its_reactor, Shutdown& its_shutdown, ReplayServerOptions with);

  void fail(const Error& error);
  void print(Message message);
  void on_output_progress();
  std::vector<std::shared_ptr<Player>> there() const;
  void remember(const std::string& peer, const RecordedPlace& next);
  std::optional<RecordedPlace> next_of(const std::string& peer);

  Reactor& reactor;
  Shutdown& shutdown;
  const ReplayServerOptions options;
  FileWorker files;
  OutputWriter output;
  FrameWriter encoder;
  std::unordered_set<Player*> all;
  std::deque<EndedPlay> ended;
  std::optional<Error> failed;
};

using PlayersPtr = std::shared_ptr<Players>;

// One connection. It deletes itself when its peer is gone; who plays shares it meanwhile.
class Player : public std::enable_shared_from_this<Player> {
 public:
  explicit Player(PlayersPtr its_players)
      : players(std::move(its_players)), changed(players->reactor.executor()) {
    players->all.insert(this);
  }
  virtual ~Player() { players->all.erase(this); }
  Player(const Player&) = delete;
  Player& operator=(const Player&) = delete;

  // False: the peer has not taken all of it yet, and `changed` tells when it may.
  virtual bool write(std::string_view& bytes) = 0;
  virtual std::string encode(const Message& message) const = 0;
  virtual void end(const RecordedLine& line) = 0;
  // Whether what the peer sends is left alone.
  virtual void hold(bool /*held*/) {}
  // The server is ending in good order.
  virtual void stop() {}
  // The connection is not there any more. This may be gone afterwards.
  void drop() {
    const std::shared_ptr<Player> last = std::exchange(self, nullptr);
    forget();
    gone = true;
    changed.notify_all();
  }

  const PlayersPtr players;
  Notifier changed;
  std::shared_ptr<Player> self;  // while the connection stands
  std::string peer;
  RecordedPlace place;
  std::string after_id;  // what stands before it is passed over
  bool gone = false;

 private:
  virtual void forget() = 0;
};

using PlayerPtr = std::shared_ptr<Player>;

// Plays to it until the recording, its connection there, or its peer ends. A recording that cannot
// be read ends the server.
asio::awaitable<void> play_to(PlayerPtr player);

}  // namespace rt
