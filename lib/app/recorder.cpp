#include "app/recorder.hpp"

#include <asio/experimental/awaitable_operators.hpp>
#include <asio/steady_timer.hpp>
#include <utility>

#include "codec/recording.hpp"

namespace rt {
namespace {

using namespace asio::experimental::awaitable_operators;

constexpr std::size_t kMostPending = 1u << 20;  // bytes, of a pipe that is read slowly
constexpr std::size_t kMostBehind = 64u << 20;  // where nobody waits for it
constexpr Milliseconds kSettleTime = 1s;

}  // namespace

Recorder::Recorder(Reactor& reactor, RecordOptions options)
    : reactor_(reactor),
      options_(std::move(options)),
      start_(std::chrono::steady_clock::now()),
      start_time_(wall_now()),
      output_(reactor, options_.file->get(), options_.name, OldContent::dropped) {}

Microseconds Recorder::now() const {
  return std::chrono::duration_cast<Microseconds>(std::chrono::steady_clock::now() - start_);
}

std::string Recorder::begin() const {
  std::string out;
  if (!begun_) recording::append(out, {options_.command, RT_VERSION, options_.url, start_time_});
  return out;
}

void Recorder::write(std::string lines) {
  begun_ = true;
  if (output_.pending() > kMostBehind) behind_ = true;
  if (!behind_) output_.write(std::move(lines));
  look_for_failure();
}

void Recorder::on_failure(std::function<void()> callback) {
  on_failure_ = std::move(callback);
  output_.on_progress([this] { look_for_failure(); });
}

// Who wants a recording wants all of it.
void Recorder::look_for_failure() {
  if (on_failure_ && !status()) std::exchange(on_failure_, nullptr)();
}

void Recorder::messages(RecordedSide from, Messages messages, bool relayed) {
  if (messages.empty()) return;
  const Microseconds at = now();
  std::string lines = begin();
  for (const MessagePtr& message : messages)
    recording::append(lines, at, from, relayed, *message, name_of(options_.transport));
  write(std::move(lines));
}

void Recorder::connection(const ConnectionEvent& event) {
  using What = ConnectionEvent::What;
  // Each request of a poll is a connection of its own: only what goes wrong is worth a line.
  const bool polls = options_.transport == Transport::poll;
  if (polls && event.what == What::opened) return;
  std::string lines = begin();
  const Microseconds at = now();
  open_ = event.what == What::opened;
  if (event.what == What::opened)
    recording::append_opened(lines, at);
  else if (event.what == What::closed && !polls)
    recording::append_closed(lines, at, RecordedSide::server, event.code, event.reason);
  else
    recording::append_failed(lines, at, event.reason);
  write(std::move(lines));
}

void Recorder::close() {
  if (!std::exchange(open_, false)) return;
  std::string lines;
  recording::append_closed(lines, now(), RecordedSide::client, std::nullopt, {});
  write(std::move(lines));
}

asio::awaitable<Result<void>> Recorder::room() {
  if (output_.pending() > kMostPending) (void)co_await output_.wait_below(kMostPending);
  co_return status();
}

asio::awaitable<Result<void>> Recorder::finish() {
  asio::steady_timer timer(reactor_.executor(), kSettleTime);
  (void)co_await (output_.finish() || timer.async_wait(asio::use_awaitable));
  if (Result<void> bad = status(); !bad) co_return bad;
  if (output_.pending() > 0)
    co_return Error(Fault::other, options_.name + ": not all of it is taken in time");
  co_return Result<void>();
}

Result<void> Recorder::status() const {
  if (output_.closed()) return Error(Fault::other, options_.name + ": nobody reads it any more");
  if (behind_) return Error(Fault::other, options_.name + ": it is not taken as fast as it comes");
  return output_.status();
}

}  // namespace rt
