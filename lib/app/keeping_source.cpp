#include "app/keeping_source.hpp"

#include <utility>

#include "base/log.hpp"

namespace rt {

asio::awaitable<Result<Batch>> KeepingSource::read() {
  Result<Batch> batch = co_await source_.read();
  if (!batch || batch->empty()) co_return batch;
  const Connection& connection = end_.down()->connection();
  for (const MessagePtr& message : *batch)
    keeper_.came(connection.position_after(*message, &message == &batch->back()));
  if (!keeper_.knows() && !std::exchange(told_nowhere_, true))
    Log::warn(end_.facts().name + ": the server gives no ids: --state cannot go on from there");
  co_return batch;
}

void KeepingSource::commit(std::size_t left) {
  keeper_.safe(keeper_.number() - left);
  if (source_.commits()) source_.commit(left);
}

asio::awaitable<Result<void>> KeepingSource::finish() {
  return keeper_.finish(end_.down()->connection().position());
}

}  // namespace rt
