#include "app/skipping_link.hpp"

#include <algorithm>

namespace rt {
namespace {

void drop_front(Batch& batch, std::size_t number) {
  batch.erase(batch.begin(), batch.begin() + static_cast<std::ptrdiff_t>(number));
}

}  // namespace

// Of what travels together and was refused, halves are tried, until one message is left.
asio::awaitable<Result<void>> SkippingLink::write(const Batch& batch) {
  accepted_ = 0;
  Batch rest = batch;
  std::size_t most = rest.size();
  while (!rest.empty()) {
    most = std::clamp<std::size_t>(most, 1, rest.size());
    const Batch part(rest.begin(), rest.begin() + static_cast<std::ptrdiff_t>(most));
    under_way_ = part.size();
    Result<void> written = co_await link_.write(part);
    under_way_ = 0;
    const std::size_t taken = written ? part.size() : std::min(link_.accepted(), part.size());
    accepted_ += taken;
    drop_front(rest, taken);
    if (written) {
      most *= 2;
      continue;
    }
    const Refusal refusal = link_.refusal(written.error());
    const std::size_t left = part.size() - taken;
    if (refusal == Refusal::none || left == 0) co_return written;
    if (refusal == Refusal::some && left > 1) {
      most = left / 2;
      continue;
    }
    on_skipped_(rest.front().get(), written.error());
    ++accepted_;
    drop_front(rest, 1);
    if (refusal == Refusal::first) most = rest.size();
  }
  co_return Result<void>();
}

asio::awaitable<Result<void>> SkippingLink::flush() {
  for (;;) {
    Result<void> flushed = co_await link_.flush();
    if (flushed || link_.refusal(flushed.error()) == Refusal::none) co_return flushed;
    on_skipped_(nullptr, flushed.error());
  }
}

}  // namespace rt
