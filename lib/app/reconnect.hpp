#pragma once

#include <asio/awaitable.hpp>
#include <string>

#include "app/link.hpp"
#include "base/random.hpp"
#include "engine/backoff.hpp"
#include "io/loop/notifier.hpp"
#include "io/loop/source.hpp"
#include "model/defaults.hpp"

namespace rt {

struct ReconnectOptions {
  bool retry_first = false;                  // the first connection, too, is tried again
  bool reconnect = true;                     // a later loss is mended
  Milliseconds most = defaults::kMostPause;  // between two attempts
  bool advise = true;                        // a failed first connection's error names --retry
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
  void commit() override { link_.commit(); }
  // Everything that was read, but for the last `left` messages, is safe.
  void commit_but(std::size_t left) { link_.commit(left); }
  asio::awaitable<Result<void>> write(const Batch& batch) override;
  asio::awaitable<Result<void>> finish() override;

  // After a write that failed: how many messages at its end were not accepted.
  std::size_t unwritten() const { return unwritten_; }
  // Of all that was to be written: what the link has taken so far, and what has become of it.
  Amount taken() const { return under_way_ != nullptr ? taken_ + under_way_->taken() : taken_; }
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
  asio::awaitable<Result<void>> write_counted(const Batch& batch);

  // Counts what the link takes of one write, though that may be given up half-way.
  class UnderWay {
   public:
    UnderWay(ReconnectingLink& owner, const Batch& batch) : owner_(owner), batch_(batch) {
      owner_.under_way_ = this;
    }
    ~UnderWay() {
      owner_.taken_ += taken();
      owner_.under_way_ = nullptr;
    }
    UnderWay(const UnderWay&) = delete;
    UnderWay& operator=(const UnderWay&) = delete;
    Amount taken() const;
    void all() { all_ = true; }

   private:
    ReconnectingLink& owner_;
    const Batch& batch_;
    bool all_ = false;
  };

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
  std::size_t unwritten_ = 0;
  Amount taken_;
  UnderWay* under_way_ = nullptr;
  std::uint64_t reconnects_ = 0;
  std::uint64_t connections_ = 0;  // that were opened
};

}  // namespace rt
