#include "io/process/exec_end.hpp"

#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>

#include "base/clock.hpp"
#include "base/text.hpp"
#include "io/loop/notifier.hpp"
#include "io/process/child.hpp"
#include "io/stdio/frame_writer.hpp"

namespace rt {

// Shared with the coroutines, which may outlive the owner.
struct ExecEnd::State {
  State(Reactor& reactor, ExecOptions o)
      : options(std::move(o)),
        child(reactor),
        changed(reactor.executor()),
        decoder(options.framing),
        clause("exec: " + printable(options.command)),
        encoder(options.framing, options.transport, clause) {
    if (options.on_skipped) decoder.skip_too_large(options.on_skipped);
  }

  // How it has ended: nothing to say when it was in good order.
  Result<void> verdict(int status) const {
    if (status == 0) return {};
    return Error(Fault::other, clause + ": " + describe_exit(status));
  }

  std::uint64_t unanswered() const { return options.answers ? written - answered : 0; }

  // Why nothing more can be written to it, and what it has not got.
  Error no_longer(const std::string& how) const {
    std::string text = clause + ": " + how;
    if (const std::size_t unread = child.unread_input(); unread > 0)
      text += ", and " + std::to_string(unread) + " bytes were not read";
    if (unanswered() > 0)
      text += ", and " + std::to_string(unanswered()) + " messages were not answered";
    return Error(Fault::closed, std::move(text));
  }

  ExecOptions options;
  ChildProcess child;
  Notifier changed;
  std::uint64_t written = 0;   // messages
  std::uint64_t answered = 0;  // of them, where it answers
  bool silent = false;         // its output has ended
  bool finishing = false;
  bool told = false;  // by ended()
  FrameDecoder decoder;
  std::string clause;
  FrameWriter encoder;
  bool at_end = false;
  std::optional<Error> failed;  // of what it wrote
};

ExecEnd::ExecEnd(Reactor& reactor, ExecOptions options)
    : state_(std::make_shared<State>(reactor, std::move(options))) {}

ExecEnd::~ExecEnd() {
  state_->child.end();
}

Result<void> ExecEnd::start() {
  ChildOptions run;
  run.arguments = {"sh", "-c", state_->options.command};
  run.pipe_input = state_->options.to_program;
  run.pipe_output = state_->options.from_program || state_->options.answers;
  const Result<void> started = state_->child.start(std::move(run));
  if (!started) return started.error().within(state_->clause);
  return {};
}

asio::awaitable<Result<Batch>> ExecEnd::read() {
  const std::shared_ptr<State> state = state_;
  Batch batch;
  while (!state->at_end) {
    const Result<std::string> bytes = co_await state->child.read_output();
    if (!bytes) co_return bytes.error().within(state->clause);
    state->at_end = bytes->empty();
    const Result<void> decoded =
        state->at_end ? state->decoder.finish(batch) : state->decoder.receive(*bytes, batch);
    if (!decoded) {
      // Whole messages before the bad one are not lost.
      state->failed = decoded.error().within(state->clause);
      state->at_end = true;
    }
    if (!batch.empty()) co_return batch;
  }
  if (state->failed) co_return *state->failed;
  const int status = co_await state->child.wait();
  const Result<void> verdict = state->verdict(status);
  if (!verdict) co_return verdict.error();
  co_return batch;
}

asio::awaitable<Result<void>> ExecEnd::write(Messages messages) {
  const std::shared_ptr<State> state = state_;
  std::string bytes;
  const std::uint64_t refused = state->encoder.refused();
  for (const MessagePtr& message : messages) state->encoder.append(bytes, *message);
  state->written += messages.size() - (state->encoder.refused() - refused);
  const Result<void> written = co_await state->child.write(bytes);
  if (written) co_return Result<void>();
  if (state->child.running()) co_return state->no_longer("it takes no more input");
  const int status = co_await state->child.wait();
  co_return state->no_longer(describe_exit(status));
}

// No event tells that a pipe has been emptied: it is looked at, seldom while that takes long.
asio::awaitable<Result<void>> ExecEnd::drain() {
  constexpr Milliseconds kLongestPause = 20ms;
  const std::shared_ptr<State> state = state_;
  std::chrono::microseconds pause(100);
  for (;;) {
    const bool read = state->child.unread_input() == 0;
    if (read && state->unanswered() == 0) co_return Result<void>();
    if (!state->child.running()) {
      // What it wrote may still be on its way.
      while (state->options.answers && !state->silent) co_await state->changed.wait();
      if (read && state->unanswered() == 0) co_return Result<void>();
      const int status = co_await state->child.wait();
      co_return state->no_longer(describe_exit(status));
    }
    (void)co_await state->changed.wait_until(std::chrono::steady_clock::now() + pause);
    pause = std::min<std::chrono::microseconds>(2 * pause, kLongestPause);
  }
}

asio::awaitable<void> ExecEnd::take_answers() {
  const std::shared_ptr<State> state = state_;
  for (;;) {
    const Result<std::string> bytes = co_await state->child.read_output();
    if (!bytes || bytes->empty()) break;
    const auto lines = std::count(bytes->begin(), bytes->end(), '\n');
    state->answered = std::min(state->written, state->answered + static_cast<std::uint64_t>(lines));
    state->changed.notify_all();
  }
  state->silent = true;
  state->changed.notify_all();
}

asio::awaitable<Error> ExecEnd::ended() {
  const std::shared_ptr<State> state = state_;
  const int status = co_await state->child.wait();
  while (state->finishing) co_await state->changed.wait();
  state->told = true;
  co_return state->no_longer(describe_exit(status));
}

asio::awaitable<Result<void>> ExecEnd::finish() {
  const std::shared_ptr<State> state = state_;
  // Who was told how it ended says so.
  if (state->told) co_return Result<void>();
  state->finishing = true;
  state->child.close_input();
  const int status = co_await state->child.wait();
  while (state->options.answers && !state->silent) co_await state->changed.wait();
  if (state->unanswered() > 0)
    co_return Error(Fault::lost, state->no_longer(describe_exit(status)).text());
  co_return state->verdict(status);
}

std::uint64_t ExecEnd::refused() const {
  return state_->encoder.refused();
}

}  // namespace rt
