#include "app/replay_source.hpp"

#include <asio/use_awaitable.hpp>
#include <iterator>
#include <utility>
#include <vector>

#include "base/log.hpp"

namespace rt {
namespace {

constexpr std::size_t kMostAtOnce = 1024;  // messages

}  // namespace

MessagePtr replayed(const MessagePtr& message) {
  auto out = std::make_shared<Message>(*message);
  out->time = out->received = {};
  out->id.clear();
  return out;
}

ReplaySource::ReplaySource(Reactor& reactor, ReplayOptions options, ReplayChoice::For whom)
    : options_(std::move(options)),
      input_(reactor, options_.file->get(), options_.name),
      decoder_(options_.max_message),
      timeline_(options_.speed),
      choice_(whom, options_.side),
      timer_(reactor.context()) {}

asio::awaitable<Result<Batch>> ReplaySource::read() {
  Batch batch;
  for (;;) {
    if (!next_ && !take_next()) {
      if (!batch.empty()) co_return batch;
      if (bad_) co_return bad_->within(options_.name);
      if (ended_) co_return Batch();
      if (const Result<void> filled = co_await fill(); !filled) co_return filled.error();
      continue;
    }
    if (due_ > std::chrono::steady_clock::now()) {
      if (!batch.empty()) co_return batch;
      timer_.expires_at(due_);
      co_await timer_.async_wait(asio::use_awaitable);
    }
    batch.push_back(std::exchange(next_, nullptr));
    if (batch.size() == kMostAtOnce) co_return batch;
  }
}

// The next message that is played, and when. False: more of the file is needed.
bool ReplaySource::take_next() {
  while (!lines_.empty()) {
    const RecordedLine line = std::move(lines_.front());
    lines_.pop_front();
    const Microseconds due = timeline_.due(line);
    if (!choice_.plays(line)) continue;
    next_ = replayed(line.message);
    if (!start_) {
      // What was waited for before it is not waited for again.
      start_ = std::chrono::steady_clock::now();
      timeline_.restart();
      due_ = *start_;
    } else {
      due_ = *start_ + due;
    }
    return true;
  }
  return false;
}

asio::awaitable<Result<void>> ReplaySource::fill() {
  const Result<std::string> bytes = co_await input_.read();
  if (!bytes) co_return bytes.error();
  bytes_ += bytes->size();
  ended_ = bytes->empty();
  std::vector<RecordedLine> lines;
  const Result<void> decoded = ended_ ? decoder_.finish(lines) : decoder_.receive(*bytes, lines);
  if (!decoded) bad_ = decoded.error();
  if (const std::string_view why = choice_.why_nothing(); ended_ && !why.empty())
    Log::warn(options_.name + ": " + std::string(why));
  if (decoder_.cut()) Log::warn(options_.name + ": the last line is cut, and not played");
  std::move(lines.begin(), lines.end(), std::back_inserter(lines_));
  co_return Result<void>();
}

}  // namespace rt
