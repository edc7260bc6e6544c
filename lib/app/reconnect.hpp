#pragma once

#include <asio/awaitable.hpp>
#include <string>

#include "app/link.hpp"
#include "base/random.hpp"
#include "engine/backoff.hpp"
#include "io/loop/notifier.hpp"
#include "io/loop/source.hpp"

namespace rt {

struct ReconnectOptions {
  bool retry_first = false;  // the first connection, too, is tried again
  bool reconnect = true;     // a later loss is mended
  Milliseconds most = 30s;   // between two attempts
  bool advise = true;        // a failed first connection's error names --retry
};

// A link that mends itself: a failed first connection is final unless asked otherwise, a later loss
// is followed by attempts with growing pauses, and a fatal refusal ends it. Reading and writing may
// go on at the same time; they share one reconnection.
class ReconnectingLink final : public Source, public Sink {
 public:
  // `name` stands before every error: the endpoint as people write it.
  ReconnectingLink(Reactor& reactor, Link& link, std::string name, ReconnectOptions options);

  // The first connection.
  asio::awaitable<Result<void>> connect() { return ensure_open(); }

  // An empty batch: the other side has ended for good.
  asio::awaitable<Result<Batch>> read() override;
  bool commits() const override { return link_.commits(); }
  void commit(std::size_t left = 0) override { link_.commit(left); }
  asio::awaitable<Result<void>> write(Messages messages) override;
  asio::awaitable<Result<void>> finish() override;

  // From now on what is refused for itself is skipped; before, that was an error of write().
  void skip_refused(OnSkipped on_skipped) { on_skipped_ = std::move(on_skipped); }

  // After a write that failed: how many messages at its end were not accepted.
  std::size_t unwritten() const { return rest_.size(); }
  // Of all that was to be written: what the link has taken so far, and what has become of it.
  Amount taken() const {
    return taken_ + amount_of(under_way_.first(under_way_.size() - rest_.size()));
  }
  Outstanding outstanding() const { return link_.outstanding(); }
  std::uint64_t reconnects() const { return reconnects_; }
  // A connection that acknowledges nothing was lost under way: what was on it may be lost.
  std::optional<Error> doubt() const;

 private:
  asio::awaitable<Result<void>> ensure_open();
  // After a failure: the error to give up with, or a pause and success.
  asio::awaitable<Result<void>> recover(Error error);
  // The same for the failure of a connection that stood, the one of that number.
  asio::awaitable<Result<void>> lost(Error error, std::uint64_t connection);
  void mark_alive();
  Error ended() const;
  asio::awaitable<Result<void>> write_rest();
  asio::awaitable<Result<void>> flush();

  Reactor& reactor_;
  Link& link_;
  std::string name_;
  ReconnectOptions options_;
  Random random_;
  Backoff backoff_;
  Notifier opened_;
  bool opening_ = false;
  bool pausing_ = false;
  bool unsure_ = false;
  bool told_ = false;  // this loss has been reported
  OnSkipped on_skipped_;
  Messages under_way_;  // of a write, though that may be given up half-way
  Messages rest_;       // of it
  Amount taken_;        // by writes before it
  std::uint64_t reconnects_ = 0;
  std::uint64_t connections_ = 0;  // that were opened
};

}  // namespace rt
