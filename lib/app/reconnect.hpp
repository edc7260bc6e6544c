#pragma once

#include <asio/awaitable.hpp>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "app/connection.hpp"
#include "app/end.hpp"
#include "base/random.hpp"
#include "engine/backoff.hpp"
#include "engine/hub_change.hpp"
#include "io/loop/notifier.hpp"
#include "io/loop/source.hpp"
#include "model/defaults.hpp"

namespace rt {

struct ReconnectOptions {
  bool retry_first = false;                  // the first connection, too, is tried again
  bool reconnect = true;                     // a later loss is mended
  Milliseconds first = 500ms;                // the first pause, at most
  Milliseconds most = defaults::kMostPause;  // between two attempts
  bool advise = true;                        // a failed first connection's error names --retry
  bool tell = true;    // of a loss; else somebody else does, and here only -v shows it
  bool greet = false;  // people who watch are told of the first connection
  std::string_view if_not = "--no-reconnect";  // for people: why not, or what would
  // What another hub sends again that has taken one's place is passed on.
  bool allow_doubles = false;
  // A read() that waits for so long: the connection is taken for dead. 0: never.
  Milliseconds idle_timeout = 0ms;
};

// A connection that mends itself: a failed first connection is final unless asked otherwise, a
// later loss is followed by attempts with growing pauses, and a fatal refusal ends it. Reading and
// writing may go on at the same time; they share one reconnection.
class Reconnecting final : public Source, public Sink {
 public:
  // `name` stands before every error: the endpoint as people write it.
  Reconnecting(Reactor& reactor, Connection& connection, std::string name,
               ReconnectOptions options);

  const Connection& connection() const { return connection_; }
  // Called for each connection that opens, ends by the other side or its loss, or cannot be had.
  void on_event(std::function<void(const ConnectionEvent&)> tell) { tell_ = std::move(tell); }

  // The first connection.
  asio::awaitable<Result<void>> connect();

  // An empty batch: the other side has ended for good.
  asio::awaitable<Result<Batch>> read() override;
  bool commits() const override { return connection_.commits(); }
  void commit(std::size_t left = 0) override { connection_.commit(left); }
  asio::awaitable<Result<void>> write(Messages messages) override;
  asio::awaitable<Result<void>> finish() override { return settle_by(std::nullopt); }
  std::optional<SinkProgress> progress() const override { return connection_.progress(); }
  asio::awaitable<Result<void>> settle(std::uint64_t number) override { return settle_by(number); }
  asio::awaitable<void> close(bool hurried) { return connection_.close(hurried); }
  bool ping(const std::function<void(Milliseconds)>& answered) {
    return connection_.ping(answered);
  }
  void close_with(std::uint16_t code) { connection_.close_with(code); }

  // From now on what is refused for itself is skipped; before, that was an error of write().
  void skip_refused(OnSkipped on_skipped) { on_skipped_ = std::move(on_skipped); }

  // Nothing is to be written any more: from now on a close of the peer that says why is the end.
  void listen_only() { listens_only_ = true; }

  // After a write that failed: how many messages at its end were not accepted.
  std::size_t unwritten() const { return rest_.size(); }
  // Of all that was to be written: what the connection has taken so far, and what has become of it.
  Amount taken() const {
    return taken_ + amount_of(under_way_.first(under_way_.size() - rest_.size()));
  }
  Outstanding outstanding() const { return connection_.outstanding(); }
  std::uint64_t reconnects() const { return reconnects_; }
  // The connection is lost, or was not to be had, and none holds since.
  bool lost() const { return lost_since_.has_value(); }
  bool established() const { return connection_.established(); }
  std::string missing() const { return std::string(connection_.missing()); }
  // A connection that acknowledges nothing was lost under way: what was on it may be lost.
  std::optional<Error> doubt() const;

 private:
  // The number of a connection after the one of that number, which has ended or failed with `why`.
  // The first who asks opens it, and everybody else waits for that. It may have ended again: who
  // uses it sees how. An error is final: nobody connects any more.
  asio::awaitable<Result<std::uint64_t>> after(std::uint64_t last, std::optional<Error> why);
  std::optional<Error> final_word() const;
  // After a failure: the error to give up with, or a pause and success.
  asio::awaitable<Result<void>> recover(Error error);
  asio::awaitable<Result<Batch>> read_in_time();
  void mark_alive();
  void tell_standing();
  void tell_ended(const Ending& ending, const Error* why);
  asio::awaitable<Result<void>> write_rest();
  // Nothing: all that was written.
  asio::awaitable<Result<void>> settle_by(std::optional<std::uint64_t> number);
  asio::awaitable<Result<void>> flush(std::optional<std::uint64_t> number);
  bool tell_refused();

  Reactor& reactor_;
  Connection& connection_;
  std::string name_;
  ReconnectOptions options_;
  Random random_;
  Backoff backoff_;
  HubChange hubs_;
  Notifier changed_;
  bool busy_ = false;          // somebody pauses or opens
  std::optional<Error> over_;  // why nobody connects any more
  bool listens_only_ = false;
  std::optional<std::string_view> unsure_;  // what would have made it sure
  bool told_ = false;                       // of a loss, and no connection has held since
  // Somebody is owed the word that it is over.
  bool warned_ = false;
  std::optional<SteadyTime> lost_since_;  // of the loss that goes on
  bool has_stood_ = false;
  OnSkipped on_skipped_;
  std::function<void(const ConnectionEvent&)> tell_;
  std::uint64_t told_end_of_ = 0;  // by its number
  Messages under_way_;             // of a write, though that may be given up half-way
  Messages rest_;                  // of it
  Amount taken_;                   // by writes before it
  std::uint64_t reconnects_ = 0;
  std::uint64_t connections_ = 0;          // that were opened
  std::optional<SteadyTime> stood_since_;  // the last of them, unless it is lost
};

}  // namespace rt
