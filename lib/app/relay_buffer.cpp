#include "app/relay_buffer.hpp"

#include <utility>

#include "model/message_id.hpp"

namespace rt {
namespace {

constexpr std::size_t kOverhead = 256;  // of a message, beside its payload

}  // namespace

RelayBuffer::RelayBuffer(Reactor& reactor, Source& source, std::size_t bytes)
    : source_(source), limit_(bytes), changed_(reactor.executor()) {}

asio::awaitable<void> RelayBuffer::fill() {
  for (;;) {
    Result<Batch> batch = co_await source_.read();
    if (!batch || batch->empty()) {
      end_ = std::move(batch);
      changed_.notify_all();
      co_return;
    }
    for (MessagePtr& message : *batch) {
      const std::size_t size = message->payload.size() + kOverhead;
      if (full(size) && parse_message_id(message->id)) {
        while (full(size)) co_await changed_.wait();
      }
      if (full(size)) {
        ++dropped_;
        continue;
      }
      bytes_ += size;
      kept_.push_back(std::move(message));
    }
    changed_.notify_all();
  }
}

asio::awaitable<Result<Batch>> RelayBuffer::read() {
  while (kept_.empty() && dropped_ == 0 && !end_) co_await changed_.wait();
  if (kept_.empty() && dropped_ == 0) co_return *end_;
  Batch batch = std::exchange(kept_, {});
  bytes_ = 0;
  if (dropped_ > 0) {
    auto report = std::make_shared<Message>();
    report->gap = std::make_shared<const Gap>(Gap{{}, std::exchange(dropped_, 0)});
    batch.push_back(std::move(report));
  }
  changed_.notify_all();
  co_return batch;
}

}  // namespace rt
