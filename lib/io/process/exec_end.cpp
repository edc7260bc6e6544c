#include "io/process/exec_end.hpp"

#include <optional>
#include <utility>

#include "base/text.hpp"
#include "io/process/child.hpp"
#include "io/stdio/frame_writer.hpp"

namespace rt {

// Shared with the coroutines, which may outlive the owner.
struct ExecEnd::State {
  State(Reactor& reactor, ExecOptions o)
      : options(std::move(o)),
        child(reactor),
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

  ExecOptions options;
  ChildProcess child;
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
  run.pipe_output = state_->options.from_program;
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
  for (const MessagePtr& message : messages) state->encoder.append(bytes, *message);
  const Result<void> written = co_await state->child.write(bytes);
  if (written) co_return Result<void>();
  if (state->child.running())
    co_return Error(Fault::closed, state->clause + ": it takes no more input");
  const int status = co_await state->child.wait();
  co_return Error(Fault::closed, state->clause + ": " + describe_exit(status));
}

asio::awaitable<Result<void>> ExecEnd::finish() {
  const std::shared_ptr<State> state = state_;
  state->child.close_input();
  const int status = co_await state->child.wait();
  co_return state->verdict(status);
}

std::uint64_t ExecEnd::refused() const {
  return state_->encoder.refused();
}

}  // namespace rt
