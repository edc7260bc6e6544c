#include "app/link.hpp"

namespace rt {

asio::awaitable<Result<Batch>> Link::read() {
  co_return Error(Fault::other, "this transport has no way down");
}

asio::awaitable<Result<void>> Link::write(const Batch&) {
  co_return Error(Fault::other, "this transport has no way up");
}

asio::awaitable<Result<void>> SseLink::open() {
  Result<void> result = co_await source_.connect();
  established_ = established_ || result.ok();
  co_return result;
}

asio::awaitable<Result<void>> HttpPublishLink::write(const Batch& batch) {
  Result<void> result = co_await sink_.write(batch);
  established_ = established_ || result.ok() || sink_.accepted() > 0;
  co_return result;
}

asio::awaitable<Result<void>> WsLink::open() {
  Result<void> result = co_await client_.connect();
  established_ = established_ || result.ok();
  co_return result;
}

}  // namespace rt
