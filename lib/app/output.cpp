#include "app/output.hpp"

#include <asio/experimental/awaitable_operators.hpp>
#include <asio/steady_timer.hpp>
#include <utility>

#include "base/clock.hpp"

namespace rt {
namespace {

using namespace asio::experimental::awaitable_operators;

constexpr Milliseconds kSettleTime = 1s;  // for what has been received

}  // namespace

StreamOutput::StreamOutput(Reactor& reactor, StreamOutputOptions options)
    : reactor_(reactor),
      options_(std::move(options)),
      output_(reactor, options_.fd, options_.name, old_content_for(options_.fd)),
      encoder_(framing_for(options_.fd, options_.framing), options_.transport, options_.name) {}

void StreamOutput::on_progress(std::function<void()> callback) {
  output_.on_progress(std::move(callback));
}

void StreamOutput::put(Messages messages) {
  std::size_t least = 0;
  for (const MessagePtr& message : messages) least += message->payload.size() + 1;
  std::string bytes;
  bytes.reserve(least);
  for (const MessagePtr& message : messages) encoder_.append(bytes, *message);
  (void)safe();  // forgets the marks of what is gone
  if (!marks_.empty() && bytes.empty()) marks_.pop_back();
  written_ = {written_.bytes + bytes.size(), written_.messages + messages.size()};
  marks_.push_back(written_);
  output_.write(std::move(bytes));
}

asio::awaitable<Result<void>> StreamOutput::room() {
  return output_.wait_below(options_.most_pending);
}

asio::awaitable<void> StreamOutput::come_to_rest() {
  // What has been received goes out, unless the reader is stalled.
  asio::steady_timer timer(reactor_.executor(), kSettleTime);
  (void)co_await (output_.finish() || timer.async_wait(asio::use_awaitable));
}

std::uint64_t StreamOutput::safe() const {
  if (output_.closed() || !output_.status()) return safe_;
  const std::uint64_t gone = written_.bytes - output_.pending();
  for (; !marks_.empty() && marks_.front().bytes <= gone; marks_.pop_front())
    safe_ = marks_.front().messages;
  return safe_;
}

}  // namespace rt
