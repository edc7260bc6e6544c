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
      output_(reactor, options_.file->get(), options_.name, OldContent::dropped,
              WhenMoved::followed) {}

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

void Recorder::messages(const recording::Who& who, Messages messages,
                        std::optional<std::string_view> proto) {
  if (messages.empty()) return;
  const Microseconds at = now();
  std::string lines = begin();
  for (const MessagePtr& message : messages)
    recording::append(lines, at, who, *message, proto.value_or(name_of(options_.transport)));
  write(std::move(lines));
}

void Recorder::opened(const recording::Who& who, const recording::Opened& what) {
  std::string lines = begin();
  recording::append_opened(lines, now(), who, what);
  write(std::move(lines));
}

void Recorder::closed(const recording::Who& who, std::optional<std::uint16_t> code,
                      std::string_view reason) {
  std::string lines = begin();
  recording::append_closed(lines, now(), who, code, reason);
  write(std::move(lines));
}

void Recorder::failed(const recording::Who& who, std::string_view reason) {
  std::string lines = begin();
  recording::append_failed(lines, now(), who, reason);
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

void RecordedWay::on(const ConnectionEvent& event) {
  using What = ConnectionEvent::What;
  // Each request of a poll is a connection of its own: only what goes wrong is worth a line.
  const bool polls = transport_ == Transport::poll;
  if (polls && event.what == What::opened) return;
  open_ = event.what == What::opened;
  if (event.what == What::opened)
    recorder_.opened({.end = end_});
  else if (event.what == What::closed && !polls)
    recorder_.closed({.from = RecordedSide::server, .end = end_}, event.code, event.reason);
  else
    recorder_.failed({.end = end_}, event.reason);
}

void RecordedWay::close() {
  if (std::exchange(open_, false))
    recorder_.closed({.from = RecordedSide::client, .end = end_}, std::nullopt, {});
}

}  // namespace rt
