#include "app/input_source.hpp"

namespace rt {

asio::awaitable<Result<Batch>> InputSource::read() {
  Batch batch;
  while (batch.empty()) {
    if (bad_) co_return bad_->within("stdin");
    if (ended_) break;
    Result<std::string> bytes = co_await input_.read();
    if (!bytes) co_return bytes.error();
    ended_ = bytes->empty();
    const Result<void> decoded = ended_ ? decoder_.finish(batch) : decoder_.receive(*bytes, batch);
    if (!decoded) bad_ = decoded.error();
  }
  co_return batch;
}

}  // namespace rt
