#include "app/input_source.hpp"

#include "base/log.hpp"

namespace rt {

void tell_if_cut(FrameDecoder& decoder) {
  if (!decoder.take_cut_binary()) return;
  Log::warn(
      "stdin is not UTF-8, and each newline in it ends a message (--raw --whole: all of it is one "
      "message; --length-prefix, --base64 and --hex take any bytes)");
}

asio::awaitable<Result<Batch>> InputSource::read() {
  Batch batch;
  while (batch.empty()) {
    if (bad_) co_return bad_->within("stdin");
    if (ended_) break;
    Result<std::string> bytes = co_await input_.read();
    if (!bytes) co_return bytes.error();
    ended_ = bytes->empty();
    const Result<void> decoded = ended_ ? decoder_.finish(batch) : decoder_.receive(*bytes, batch);
    tell_if_cut(decoder_);
    if (!decoded) bad_ = decoded.error();
  }
  co_return batch;
}

}  // namespace rt
