#include "app/replay_players.hpp"

#include <unistd.h>

#include <cerrno>
#include <functional>

#include "base/clock.hpp"
#include "base/log.hpp"
#include "codec/recording.hpp"
#include "engine/replay_timeline.hpp"

namespace rt {
namespace {

constexpr std::size_t kRead = 64u << 10;
constexpr std::size_t kMostEnds = 1024;
constexpr Milliseconds kComesBack = 60s;

}  // namespace

Players::Players(Reactor& its_reactor, Shutdown& its_shutdown, ReplayServerOptions with)
    : reactor(its_reactor),
      shutdown(its_shutdown),
      options(std::move(with)),
      files(reactor),
      output(reactor, options.output_fd, options.output_name, old_content_for(options.output_fd)),
      encoder(framing_for(options.output_fd, options.framing), options.transport,
              options.output_name) {}

void Players::fail(const Error& error) {
  if (!failed) failed = error;
  shutdown.request();
}

std::vector<PlayerPtr> Players::there() const {
  std::vector<PlayerPtr> out;
  for (Player* const player : all) out.push_back(player->shared_from_this());
  return out;
}

void Players::print(Message message) {
  message.time = wall_now();
  std::string bytes;
  encoder.append(bytes, message);
  output.write(std::move(bytes));
}

void Players::on_output_progress() {
  if (!output.status()) fail(output.status().error());
  if (output.closed()) shutdown.request();
  if (output.pending() > kMostForStdout / 2) return;
  for (Player* const player : all) player->hold(false);
}

void Players::remember(const std::string& peer, const RecordedPlace& next) {
  if (ended.size() == kMostEnds) ended.pop_front();
  ended.push_back({peer, next, std::chrono::steady_clock::now() + kComesBack});
}

std::optional<RecordedPlace> Players::next_of(const std::string& peer) {
  const SteadyTime now = std::chrono::steady_clock::now();
  while (!ended.empty() && ended.front().forgotten <= now) ended.pop_front();
  for (auto it = ended.begin(); it != ended.end(); ++it) {
    if (it->peer != peer) continue;
    const RecordedPlace next = it->next;
    ended.erase(it);
    return next;
  }
  return std::nullopt;
}

namespace {

// --- playing -------------------------------------------------------------------------------------

struct Piece {
  std::shared_ptr<Descriptor> file;
  std::uint64_t offset;
  std::string bytes;
  int failed = 0;
};

asio::awaitable<Result<std::string>> read_piece(PlayersPtr players, std::uint64_t offset) {
  const auto piece = std::make_shared<Piece>(Piece{players->options.replay.file, offset, {}});
  std::function<void()> job = [piece] {
    piece->bytes.resize(kRead);
    ssize_t n = -1;
    do {
      n = ::pread(piece->file->get(), piece->bytes.data(), kRead,
                  static_cast<off_t>(piece->offset));
    } while (n < 0 && errno == EINTR);
    piece->failed = n < 0 ? errno : 0;
    piece->bytes.resize(n > 0 ? static_cast<std::size_t>(n) : 0);
  };
  co_await players->files.run(std::move(job));
  if (piece->failed != 0)
    co_return system_error(Fault::other, players->options.replay.name + ": cannot read",
                           piece->failed);
  co_return std::move(piece->bytes);
}

// A recording line by line from a place on.
class Lines {
 public:
  Lines(PlayersPtr players, const RecordedPlace& place)
      : players_(std::move(players)),
        decoder_(players_->options.replay.max_message, place.line, place.offset),
        offset_(place.offset) {}

  // Nothing at the end.
  asio::awaitable<Result<std::optional<RecordedLine>>> next() {
    while (next_ == lines_.size()) {
      if (bad_) co_return bad_->within(players_->options.replay.name);
      if (ended_) co_return std::optional<RecordedLine>();
      lines_.clear();
      next_ = 0;
      const Result<std::string> bytes = co_await read_piece(players_, offset_);
      if (!bytes) co_return bytes.error();
      offset_ += bytes->size();
      ended_ = bytes->empty();
      const Result<void> decoded =
          ended_ ? decoder_.finish(lines_) : decoder_.receive(*bytes, lines_);
      if (!decoded) bad_ = decoded.error();
    }
    co_return std::optional(std::move(lines_[next_++]));
  }

 private:
  const PlayersPtr players_;
  recording::Decoder decoder_;
  std::uint64_t offset_;
  std::vector<RecordedLine> lines_;
  std::size_t next_ = 0;
  std::optional<Error> bad_;
  bool ended_ = false;
};

bool is_end_by_server(const RecordedLine& line) {
  return line.kind == RecordedLine::Kind::closed && line.from != RecordedSide::client;
}

asio::awaitable<void> write(PlayerPtr player, std::string bytes) {
  std::string_view rest = bytes;
  while (!player->gone && !player->write(rest)) co_await player->changed.wait();
}

// Behind the end of a connection: whether another was recorded.
asio::awaitable<bool> another_follows(PlayerPtr player, std::shared_ptr<Lines> lines) {
  ReplayChoice choice(ReplayChoice::For::server, player->players->options.replay.side);
  for (;;) {
    const Result<std::optional<RecordedLine>> line = co_await lines->next();
    if (!line || !*line) co_return false;
    if ((*line)->kind == RecordedLine::Kind::opened || choice.plays(**line)) co_return true;
  }
}

enum class Outcome : std::uint8_t { over, cut_short, no_such_id };

// Plays up to the end of the recording, of the connection in it, or of the peer.
asio::awaitable<Result<Outcome>> play(PlayerPtr player, std::shared_ptr<Lines> lines) {
  const ReplayOptions& replay = player->players->options.replay;
  ReplayTimeline timeline(replay.speed);
  ReplayChoice choice(ReplayChoice::For::server, replay.side);
  SteadyTime start = std::chrono::steady_clock::now();
  bool restart = player->place.offset > 0;
  while (!player->gone) {
    const Result<std::optional<RecordedLine>> next = co_await lines->next();
    if (!next) co_return next.error();
    if (!*next) {
      if (const std::string_view why = choice.why_nothing(); !why.empty())
        Log::warn(replay.name + ": " + std::string(why));
      co_return player->after_id.empty() ? Outcome::over : Outcome::no_such_id;
    }
    const RecordedLine& line = **next;
    Microseconds due = timeline.due(line);
    const bool plays = choice.plays(line);
    if (std::exchange(restart, false) || line.kind == RecordedLine::Kind::opened) {
      timeline.restart();
      start = std::chrono::steady_clock::now();
      due = Microseconds(0);
    }
    if (!player->after_id.empty()) {
      if (!plays || line.message->id != player->after_id) continue;
      player->after_id.clear();
      timeline.restart();
      start = std::chrono::steady_clock::now();
      continue;
    }
    const bool ends = is_end_by_server(line);
    if (!plays && !ends) continue;
    bool goes_on = false;
    if (ends) goes_on = co_await another_follows(player, lines);
    const SteadyTime when = start + due;
    while (!player->gone && std::chrono::steady_clock::now() < when)
      co_await player->changed.wait_until(when);
    if (player->gone) break;
    std::string bytes;
    if (plays) bytes = player->encode(*line.message);
    co_await write(player, std::move(bytes));
    if (!ends) continue;
    if (goes_on) player->players->remember(player->peer, {line.end, line.number});
    player->end(line);
    co_return goes_on ? Outcome::cut_short : Outcome::over;
  }
  co_return Outcome::cut_short;
}

}  // namespace

asio::awaitable<void> play_to(PlayerPtr player) {
  for (;;) {
    const auto lines = std::make_shared<Lines>(player->players, player->place);
    const Result<Outcome> outcome = co_await play(player, lines);
    if (!outcome) {
      player->players->fail(outcome.error());
      co_return;
    }
    if (*outcome == Outcome::over && player->players->options.ends_when_played)
      player->players->shutdown.request();
    if (*outcome != Outcome::no_such_id) co_return;
    // From the beginning, then.
    player->after_id.clear();
    player->place = RecordedPlace();
  }
}

}  // namespace rt
