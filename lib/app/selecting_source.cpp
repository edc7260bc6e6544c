#include "app/selecting_source.hpp"

namespace rt {

asio::awaitable<Result<Batch>> SelectingSource::read() {
  if (!prepared_) {
    if (Result<void> ready = selection_.prepare(); !ready) co_return ready.error();
    prepared_ = true;
  }
  for (;;) {
    Result<Batch> batch = co_await source_.read();
    if (!batch || batch->empty()) co_return batch;
    came_ += batch->size();
    Batch out;
    for (const MessagePtr& message : *batch)
      if (!selection_.pass(message, out)) selection_.tell_no_json(*message);
    put_ += out.size();
    if (!out.empty()) co_return out;
    if (commits()) commit(static_cast<std::size_t>(put_ - safe_));
  }
}

void SelectingSource::commit(std::size_t left) {
  safe_ = put_ - left;
  source_.commit(static_cast<std::size_t>(came_ - selection_.done_with(safe_)));
}

}  // namespace rt
