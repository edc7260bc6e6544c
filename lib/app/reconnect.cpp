#include "app/reconnect.hpp"

#include <algorithm>
#include <asio/steady_timer.hpp>
#include <asio/use_awaitable.hpp>
#include <memory>
#include <utility>

#include "base/log.hpp"
#include "base/text.hpp"
#include "io/net/faults.hpp"

namespace rt {
namespace {

// A connection that has stood for so long is no sign that the next one would not.
constexpr Milliseconds kHeld = 5s;

// What to do about a failure that need not last, unless it says so itself.
Error with_way_out(const Error& error) {
  return error.has_hint() ? error : error.with_hint("--retry keeps trying");
}

Error closed_by_peer(const Ending& ending) {
  return Error(Fault::network, "the connection was closed by the peer" + ending.how);
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

Reconnecting::Reconnecting(Reactor& reactor, Connection& connection, std::string name,
                           ReconnectOptions options)
    : reactor_(reactor),
      connection_(connection),
      name_(std::move(name)),
      options_(options),
      random_(Random::from_system()),
      backoff_(Backoff::Limits{std::min(options.first, options.most), options.most}),
      changed_(reactor.executor()) {
  if (options_.allow_doubles) hubs_.keep_doubles();
  connection_.on_alive([this] { mark_alive(); });
  connection_.ask_by([this](std::string_view id) { return hubs_.cursor(id); });
}

asio::awaitable<Result<void>> Reconnecting::recover(Error error) {
  const bool first = !connection_.established();
  if (error.fatal()) co_return error.within(name_);
  if (first && !options_.retry_first)
    co_return (options_.advise ? with_way_out(error) : error).within(name_);
  if (!first && !options_.reconnect)
    co_return error.as(Fault::closed).with_hint(options_.if_not).within(name_);

  const SteadyTime now = std::chrono::steady_clock::now();
  if (!lost_since_) lost_since_ = now;
  const std::optional<SteadyTime> stood_since = std::exchange(stood_since_, std::nullopt);
  if (stood_since && now - *stood_since >= kHeld) {
    backoff_.reset();
    told_ = false;
  }
  const Ending ending = connection_.ending();
  if (ending.reconnection_time) backoff_.set_first(*ending.reconnection_time);
  const Milliseconds delay =
      std::max(backoff_.next(random_), ending.wish.value_or(Milliseconds(0)));
  const std::string text =
      name_ + ": " + error.text() + "; trying again in " + seconds_text(delay.count());
  const bool warns = options_.tell && !told_;
  if (warns)
    Log::warn(text);
  else if (options_.tell)
    Log::notice(text);
  else
    Log::info(text);
  warned_ = warned_ || warns;
  told_ = true;
  ++reconnects_;
  asio::steady_timer pause(reactor_.executor(), delay);
  co_await pause.async_wait(asio::use_awaitable);
  co_return Result<void>();
}

asio::awaitable<Result<std::uint64_t>> Reconnecting::after(std::uint64_t last,
                                                           std::optional<Error> why) {
  // The other direction may have noticed, too: one pause, and one new connection, for both.
  while (busy_) co_await changed_.wait();
  if (connections_ > last) co_return connections_;
  if (over_) co_return *over_;
  busy_ = true;
  const Lowered lowered{busy_, changed_};
  if (why) {
    // Nobody would miss what went down with it otherwise: the next write finds a new connection.
    const Ending ending = connection_.ending();
    tell_ended(ending, &*why);
    if (ending.unproven) unsure_ = ending.way_to_acknowledge;
    why = final_word().value_or(*why);
  }
  for (;;) {
    if (why) {
      const Result<void> again = co_await recover(*why);
      if (!again) over_ = again.error();
      if (over_) co_return *over_;
    }
    if (connection_.is_open()) break;
    const Result<void> opened = co_await connection_.open();
    if (opened) {
      // One that has to ask first stands when it has an answer.
      if (!connection_.established()) break;
      stood_since_ = std::chrono::steady_clock::now();
      tell_standing();
      break;
    }
    why = opened.error();
    if (tell_) tell_({ConnectionEvent::What::failed, {}, why->text()});
  }
  ++connections_;
  if (tell_) tell_({ConnectionEvent::What::opened});
  co_return connections_;
}

// Once for each, whoever notices first.
void Reconnecting::tell_ended(const Ending& ending, const Error* why) {
  if (!tell_ || told_end_of_ == connections_) return;
  told_end_of_ = connections_;
  ConnectionEvent event{ConnectionEvent::What::closed, ending.code, ending.reason};
  // Without a code of the other side's own there is what went wrong.
  if (event.reason.empty() && why != nullptr) event.reason = why->text();
  tell_(event);
}

// Of the connection that has ended: why there is to be no other.
std::optional<Error> Reconnecting::final_word() const {
  const Ending ending = connection_.ending();
  if (ending.refusal) return ending.refusal;
  if (ending.for_good || (listens_only_ && !ending.how.empty()))
    return Error(Fault::closed, closed_by_peer(ending).text()).as_fatal();
  return std::nullopt;
}

void Reconnecting::mark_alive() {
  told_ = false;
  if (!stood_since_) stood_since_ = std::chrono::steady_clock::now();
  tell_standing();
}

// Who was told of a loss is told that it is over.
void Reconnecting::tell_standing() {
  const bool first = !std::exchange(has_stood_, true);
  if (!first && !lost_since_) return;
  std::string text = name_ + (first ? ": connected" : ": connected again");
  if (const auto since = std::exchange(lost_since_, std::nullopt)) {
    const auto lasted =
        std::chrono::duration_cast<Milliseconds>(std::chrono::steady_clock::now() - *since);
    text += " after " + seconds_text(lasted.count());
  }
  if (std::exchange(warned_, false)) return Log::warn(text);
  if (first && !options_.greet) return;
  if (options_.tell)
    Log::notice(text);
  else
    Log::info(text);
}

asio::awaitable<Result<void>> Reconnecting::connect() {
  if (connections_ > 0) co_return Result<void>();
  const Result<std::uint64_t> first = co_await after(0, std::nullopt);
  if (!first) co_return first.error();
  co_return Result<void>();
}

// One that was open once is asked even when it is open no more: it knows what came before its
// end, and how it ended.
asio::awaitable<Result<Batch>> Reconnecting::read() {
  if (const Result<void> open = co_await connect(); !open) co_return open.error();
  for (;;) {
    const std::uint64_t connection = connections_;
    Result<Batch> batch = Batch();
    // Not ?:, of which g++ 12 makes nonsense.
    if (options_.idle_timeout > 0ms)
      batch = co_await read_in_time();
    else
      batch = co_await connection_.read();
    if (batch && !batch->empty()) {
      mark_alive();
      if (connection_.at_hub()) hubs_.pass(*batch);
      if (batch->empty()) continue;  // all of it had come from another hub
      co_return batch;
    }
    const Ending ending = connection_.ending();
    if (batch && ending.for_good) {
      tell_ended(ending, nullptr);
      co_return Batch();
    }
    Error why = batch ? closed_by_peer(ending) : batch.error();
    const Result<std::uint64_t> next = co_await after(connection, std::move(why));
    if (!next) co_return next.error();
  }
}

// The read is never given up, only what it waits for: so nothing that it has in hand is lost.
asio::awaitable<Result<Batch>> Reconnecting::read_in_time() {
  const auto reading = std::make_shared<bool>(true);
  asio::steady_timer timer(reactor_.executor(), options_.idle_timeout);
  timer.async_wait([this, still = std::weak_ptr<bool>(reading)](asio::error_code cancelled) {
    if (!cancelled && still.lock()) connection_.break_off(silence(options_.idle_timeout));
  });
  Result<Batch> batch = co_await connection_.read();
  co_return batch;
}

asio::awaitable<Result<void>> Reconnecting::write(Messages messages) {
  under_way_ = rest_ = messages;
  const Counted counted{[this] {
    taken_ = taken();
    under_way_ = rest_;
  }};
  if (rest_.empty()) co_return Result<void>();
  if (Result<void> open = co_await connect(); !open) co_return open;
  for (;;) {
    const std::uint64_t connection = connections_;
    std::optional<Error> why;
    if (connection_.is_open()) {
      const std::size_t before = rest_.size();
      const Result<void> written = co_await write_rest();
      (void)tell_refused();
      if (written || rest_.size() < before) mark_alive();
      if (written) co_return written;
      why = written.error();
    }
    const Ending ending = connection_.ending();
    if (!why) why = closed_by_peer(ending);
    const Result<std::uint64_t> next = co_await after(connection, std::move(why));
    if (!next) co_return next.error();
    if (!ending.acknowledged) unsure_ = ending.way_to_acknowledge;
    if (rest_.empty()) co_return Result<void>();
  }
}

asio::awaitable<Result<void>> Reconnecting::write_rest() {
  return on_skipped_ ? write_skipping(connection_, rest_, on_skipped_) : connection_.write(rest_);
}

bool Reconnecting::tell_refused() {
  if (!on_skipped_) return false;
  const std::vector<RefusedMessage> all = connection_.take_refused();
  for (const RefusedMessage& refused : all) on_skipped_(refused.message, refused.why);
  return !all.empty();
}

asio::awaitable<Result<void>> Reconnecting::flush(std::optional<std::uint64_t> number) {
  for (;;) {
    Result<void> flushed;
    if (number)
      flushed = co_await connection_.settle(*number);
    else
      flushed = co_await connection_.flush();
    const bool told = tell_refused();
    if (flushed || !on_skipped_ || connection_.refusal(flushed.error()) == Refusal::none)
      co_return flushed;
    if (!told) on_skipped_(nullptr, flushed.error());
  }
}

asio::awaitable<Result<void>> Reconnecting::settle_by(std::optional<std::uint64_t> number) {
  if (Result<void> open = co_await connect(); !open) co_return open;
  for (;;) {
    const std::uint64_t connection = connections_;
    std::optional<Error> why;
    if (connection_.is_open()) {
      const Result<void> flushed = co_await flush(number);
      if (flushed && (number || connection_.is_open())) co_return flushed;
      if (!flushed) why = flushed.error();
    }
    const Ending ending = connection_.ending();
    // Who has closed in good order has had all of it.
    if (ending.for_good) {
      tell_ended(ending, nullptr);
      co_return Result<void>();
    }
    if (ending.refusal) co_return ending.refusal->within(name_);
    if (!ending.acknowledged) {
      // Nothing would be sent again: another connection could not mend it.
      unsure_ = ending.way_to_acknowledge;
      co_return Result<void>();
    }
    if (!why) why = closed_by_peer(ending);
    const Result<std::uint64_t> next = co_await after(connection, std::move(why));
    if (!next) co_return next.error();
  }
}

std::optional<Error> Reconnecting::doubt() const {
  if (!unsure_) return std::nullopt;
  std::string text = "a connection was lost, and what was on it with it, perhaps";
  if (!unsure_->empty()) text += " (" + std::string(*unsure_) + ")";
  return Error(Fault::lost, std::move(text)).within(name_);
}

}  // namespace rt
