#pragma once

#include <asio/awaitable.hpp>
#include <asio/cancellation_signal.hpp>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <utility>

#include "app/remote_end.hpp"
#include "base/result.hpp"
#include "io/loop/notifier.hpp"
#include "io/loop/reactor.hpp"
#include "model/message.hpp"

namespace rt {

// An end that takes part in what is measured: it is opened, read from and written to by itself.
class Participant {
 public:
  // Gets what comes, each batch when it has come.
  using Take = std::function<void(const Batch&)>;

  Participant(Reactor& reactor, std::unique_ptr<RemoteEnd> end, Take take)
      : end_(std::move(end)), take_(std::move(take)), changed_(reactor.executor()) {}

  // Written as soon as the end stands and has taken what was sent before.
  void send(MessagePtr message);
  bool is_open() const { return open_; }
  const std::optional<Error>& failed() const { return failed_; }
  EndStatus status() const { return end_->status(); }

 private:
  friend class Participants;
  std::unique_ptr<RemoteEnd> end_;
  Take take_;
  Batch waiting_;
  Notifier changed_;
  bool open_ = false;
  std::optional<Error> failed_;
};

// All of them. Each goes on until it fails, or end().
class Participants {
 public:
  explicit Participants(Reactor& reactor) : reactor_(reactor), changed_(reactor.executor()) {}

  // Begins at once. Without `take` it is written to only, and with it read from; `use` as it was
  // made for.
  Participant& add(std::unique_ptr<RemoteEnd> end, EndUse use, Participant::Take take = {});
  // Made for both ways: sends back whatever comes.
  void add_echo(std::unique_ptr<RemoteEnd> end);
  bool all_open() const;
  // Of the first that failed.
  const std::optional<Error>& failed() const { return failed_; }
  // Completes when nothing goes on any more; then they are gone.
  asio::awaitable<void> end();

 private:
  void begin(asio::awaitable<void> work);
  asio::awaitable<void> open(Participant& one, EndUse use);
  asio::awaitable<void> read(Participant& one);
  asio::awaitable<void> write(Participant& one);
  void fail(Participant& one, const Error& why);

  Reactor& reactor_;
  std::deque<Participant> all_;
  std::deque<asio::cancellation_signal> signals_;
  std::size_t going_ = 0;
  Notifier changed_;
  std::optional<Error> failed_;
  bool ending_ = false;
};

}  // namespace rt
