#include "app/compare/participants.hpp"

#include <algorithm>
#include <asio/bind_cancellation_slot.hpp>
#include <asio/co_spawn.hpp>
#include <exception>

namespace rt {

void Participant::send(MessagePtr message) {
  waiting_.push_back(std::move(message));
  changed_.notify_all();
}

void Participants::begin(asio::awaitable<void> work) {
  ++going_;
  asio::co_spawn(reactor_.executor(), std::move(work),
                 asio::bind_cancellation_slot(signals_.emplace_back().slot(),
                                              [this](const std::exception_ptr&) {
                                                --going_;
                                                changed_.notify_all();
                                              }));
}

Participant& Participants::add(std::unique_ptr<RemoteEnd> end, EndUse use, Participant::Take take) {
  Participant& one = all_.emplace_back(reactor_, std::move(end), std::move(take));
  begin(open(one, use));
  return one;
}

void Participants::add_echo(std::unique_ptr<RemoteEnd> end) {
  const auto self = std::make_shared<Participant*>(nullptr);
  const Participant::Take answer = [self](const Batch& batch) {
    for (const MessagePtr& request : batch) {
      if (request->gap) continue;
      auto message = std::make_shared<Message>();
      message->payload = request->payload;
      message->kind = request->kind;
      (*self)->send(std::move(message));
    }
  };
  *self = &add(std::move(end), {.read = true, .write = true}, answer);
}

bool Participants::all_open() const {
  return std::all_of(all_.begin(), all_.end(), [](const Participant& one) { return one.open_; });
}

void Participants::fail(Participant& one, const Error& why) {
  if (ending_) return;
  if (!one.failed_) one.failed_ = why;
  if (!failed_) failed_ = why;
}

asio::awaitable<void> Participants::open(Participant& one, EndUse use) {
  // Without the advice that an end has for people.
  const Result<void> open = co_await one.end_->RemoteEnd::open();
  if (!open) {
    fail(one, open.error());
    co_return;
  }
  if (ending_) co_return;
  one.open_ = true;
  if (use.write && use.read) begin(write(one));
  if (use.read)
    co_await read(one);
  else
    co_await write(one);
}

asio::awaitable<void> Participants::read(Participant& one) {
  Source& source = one.end_->source();
  for (;;) {
    const Result<Batch> batch = co_await source.read();
    if (!batch) co_return fail(one, batch.error());
    if (batch->empty())
      co_return fail(one, Error(Fault::closed, "the server has ended a reader's connection"));
    one.take_(*batch);
    if (source.commits()) source.commit();
  }
}

asio::awaitable<void> Participants::write(Participant& one) {
  for (;;) {
    while (one.waiting_.empty()) co_await one.changed_.wait();
    const Batch batch = std::exchange(one.waiting_, {});
    const Result<void> done = co_await one.end_->sink().write(batch);
    if (!done) co_return fail(one, done.error());
  }
}

asio::awaitable<void> Participants::end() {
  ending_ = true;
  for (asio::cancellation_signal& signal : signals_) signal.emit(asio::cancellation_type::terminal);
  while (going_ > 0) co_await changed_.wait();
  all_.clear();
  signals_.clear();
}

}  // namespace rt
