#include "app/reconnect.hpp"

#include <algorithm>
#include <asio/steady_timer.hpp>
#include <asio/use_awaitable.hpp>

#include "base/log.hpp"

namespace rt {
namespace {

std::string seconds_text(Milliseconds delay) {
  const auto tenths = (delay.count() + 50) / 100;
  return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) + " s";
}

// What to do about a failure that need not last, unless it says so itself.
Error with_way_out(const Error& error) {
  return error.has_hint() ? error : error.with_hint("--retry keeps trying");
}

// Resets a flag when the coroutine leaves, by whatever way.
struct Lowered {
  bool& flag;
  Notifier& notifier;
  ~Lowered() {
    flag = false;
    notifier.notify_all();
  }
};

// Runs when the coroutine leaves, by whatever way.
template <class Action>
struct Counted {
  Action count;
  ~Counted() { count(); }
};
template <class Action>
Counted(Action) -> Counted<Action>;

}  // namespace

ReconnectingLink::ReconnectingLink(Reactor& reactor, Link& link, std::string name,
                                   ReconnectOptions options)
    : reactor_(reactor),
      link_(link),
      name_(std::move(name)),
      options_(options),
      random_(Random::from_system()),
      backoff_(Backoff::Limits{std::min<Milliseconds>(500ms, options.most), options.most}),
      opened_(reactor.executor()) {}

asio::awaitable<Result<void>> ReconnectingLink::recover(Error error) {
  const bool first = !link_.established();
  if (error.fatal()) co_return error.within(name_);
  if (first && !options_.retry_first)
    co_return (options_.advise ? with_way_out(error) : error).within(name_);
  if (!first && !options_.reconnect)
    co_return error.as(Fault::closed).with_hint("--no-reconnect").within(name_);

  if (const auto wanted = link_.reconnection_time()) backoff_.set_first(*wanted);
  const Milliseconds delay =
      std::max(backoff_.next(random_), link_.wish().value_or(Milliseconds(0)));
  const std::string text = name_ + ": " + error.text() + "; trying again in " + seconds_text(delay);
  if (told_)
    Log::info(text);
  else
    Log::warn(text);
  told_ = true;
  ++reconnects_;
  pausing_ = true;
  const Lowered lowered{pausing_, opened_};
  asio::steady_timer pause(reactor_.context(), delay);
  co_await pause.async_wait(asio::use_awaitable);
  co_return Result<void>();
}

asio::awaitable<Result<void>> ReconnectingLink::lost(Error error, std::uint64_t connection) {
  if (connection == connections_ && !opening_ && !pausing_)
    if (const auto refusal = link_.final_refusal()) co_return refusal->within(name_);
  // The other direction has noticed, too: one pause, and one new connection, for both.
  if (opening_ || pausing_) {
    while (opening_ || pausing_) co_await opened_.wait();
    co_return Result<void>();
  }
  if (connection != connections_) co_return Result<void>();
  co_return co_await recover(std::move(error));
}

void ReconnectingLink::mark_alive() {
  if (told_) Log::info(name_ + ": connected again");
  told_ = false;
  backoff_.reset();
}

asio::awaitable<Result<void>> ReconnectingLink::ensure_open() {
  for (;;) {
    while (opening_ || pausing_) co_await opened_.wait();
    if (link_.is_open()) co_return Result<void>();
    opening_ = true;
    const Lowered lowered{opening_, opened_};
    const Result<void> opened = co_await link_.open();
    if (opened) {
      ++connections_;
      co_return Result<void>();
    }
    Result<void> again = co_await recover(opened.error());
    if (!again) co_return again;
  }
}

// A link that was open once is asked even when it is open no more: it knows what came before its
// end, and how it ended.
asio::awaitable<Result<Batch>> ReconnectingLink::read() {
  bool open_first = connections_ == 0;
  for (;; open_first = true) {
    if (open_first)
      if (const Result<void> open = co_await ensure_open(); !open) co_return open.error();
    const std::uint64_t connection = connections_;
    Result<Batch> batch = co_await link_.read();
    if (batch && !batch->empty()) {
      mark_alive();
      co_return batch;
    }
    if (batch && link_.ended_for_good()) co_return Batch();
    const Error why = batch ? ended() : batch.error();
    if (const Result<void> again = co_await lost(why, connection); !again) co_return again.error();
  }
}

asio::awaitable<Result<void>> ReconnectingLink::write(Messages messages) {
  under_way_ = rest_ = messages;
  const Counted counted{[this] {
    taken_ = taken();
    under_way_ = rest_;
  }};
  for (bool open_first = connections_ == 0; !rest_.empty(); open_first = true) {
    if (open_first)
      if (Result<void> open = co_await ensure_open(); !open) co_return open;
    const std::uint64_t connection = connections_;
    Error why = ended();
    if (link_.is_open()) {
      const std::size_t before = rest_.size();
      const Result<void> written = co_await write_rest();
      if (written || rest_.size() < before) mark_alive();
      if (written) break;
      why = written.error();
    }
    if (Result<void> again = co_await lost(why, connection); !again) co_return again;
    unsure_ = unsure_ || !link_.acknowledged();
  }
  co_return Result<void>();
}

asio::awaitable<Result<void>> ReconnectingLink::write_rest() {
  return on_skipped_ ? write_skipping(link_, rest_, on_skipped_) : link_.write(rest_);
}

asio::awaitable<Result<void>> ReconnectingLink::flush() {
  for (;;) {
    Result<void> flushed = co_await link_.flush();
    if (flushed || !on_skipped_ || link_.refusal(flushed.error()) == Refusal::none)
      co_return flushed;
    on_skipped_(nullptr, flushed.error());
  }
}

asio::awaitable<Result<void>> ReconnectingLink::finish() {
  for (bool open_first = connections_ == 0;; open_first = true) {
    if (open_first)
      if (Result<void> open = co_await ensure_open(); !open) co_return open;
    const std::uint64_t connection = connections_;
    Error why = ended();
    if (link_.is_open()) {
      const Result<void> flushed = co_await flush();
      if (flushed && link_.is_open()) co_return flushed;
      if (!flushed) why = flushed.error();
    }
    // Who has closed in good order has had all of it.
    if (link_.ended_for_good()) co_return Result<void>();
    if (const auto refusal = link_.final_refusal()) co_return refusal->within(name_);
    if (!link_.acknowledged()) {
      // Nothing would be sent again: another connection could not mend it.
      unsure_ = true;
      co_return Result<void>();
    }
    if (Result<void> again = co_await lost(why, connection); !again) co_return again;
  }
}

std::optional<Error> ReconnectingLink::doubt() const {
  if (!unsure_) return std::nullopt;
  std::string text = "a connection was lost, and what was on it with it, perhaps";
  if (const std::string_view way = link_.way_to_acknowledge(); !way.empty())
    text += " (" + std::string(way) + ")";
  return Error(Fault::lost, std::move(text)).within(name_);
}

Error ReconnectingLink::ended() const {
  return Error(Fault::network, "the connection was closed by the peer" + link_.how_it_ended());
}

}  // namespace rt
