#include "app/relay_stdio.hpp"

#include <unistd.h>

#include <utility>

#include "io/stdio/live_line.hpp"

namespace rt {
namespace {

constexpr std::size_t kMostPending = 1u << 20;  // bytes for stdout before a sink holds back

}  // namespace

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

OutputSink::OutputSink(Reactor& reactor, int fd, const std::string& name, const Framing& framing,
                       std::optional<Transport> transport, std::function<void()> on_closed)
    : output_(reactor, fd, name, old_content_for(fd)),
      encoder_(framing_for(fd, framing), transport, name),
      terminal_(isatty(fd) == 1) {
  output_.on_progress([this, closed = std::move(on_closed)] {
    if (output_.closed()) closed();
  });
}

asio::awaitable<Result<void>> OutputSink::write(const Batch& batch) {
  std::string bytes;
  for (const MessagePtr& message : batch) encoder_.append(bytes, *message);
  if (terminal_) LiveLine::clear();
  output_.write(std::move(bytes));
  Result<void> room = co_await output_.wait_below(kMostPending);
  co_return room;
}

asio::awaitable<Result<void>> OutputSink::finish() {
  Result<void> written = co_await output_.finish();
  co_return written;
}

}  // namespace rt
