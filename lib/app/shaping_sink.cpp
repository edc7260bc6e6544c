#include "app/shaping_sink.hpp"

#include <asio/steady_timer.hpp>
#include <asio/use_awaitable.hpp>
#include <utility>

#include "base/log.hpp"
#include "base/text.hpp"

namespace rt {

ShapingSink::ShapingSink(Reactor& reactor, Sink& sink, Options options)
    : reactor_(reactor), sink_(sink), options_(std::move(options)), shape_(options_.shape) {
  if (!options_.shape.transform.empty())
    transformer_.emplace(reactor, options_.name, options_.shape.transform);
  if (options_.rate) pace_.emplace(*options_.rate);
}

asio::awaitable<Result<void>> ShapingSink::write(Messages messages) {
  if (!prepared_) {
    if (Result<void> ready = shape_.prepare(); !ready) co_return ready;
    prepared_ = true;
  }
  Batch wanted;
  for (const MessagePtr& message : messages)
    if (!shape_.select(message, wanted)) shape_.tell_no_json(*message);
  selected_ += wanted.size();
  shape_.forget(selected_);
  if (transformer_) {
    std::vector<Transformer::Refused> refused;
    Result<Batch> made = co_await transformer_->transform(wanted, refused);
    if (!made) co_return made.error().within(options_.name);
    for (const auto& [message, why] : refused) options_.on_refused(*message, why);
    wanted = std::move(*made);
  }
  Batch out;
  for (const MessagePtr& message : wanted)
    if (!shape_.dress(message, out) && !std::exchange(told_none_, true))
      Log::warn(options_.name +
                ": a message has not what --pick or --each-key names and is passed " +
                "over: " + printable(message->payload, 40));
  if (out.empty()) co_return Result<void>();
  if (pace_) co_return co_await write_paced(out);
  co_return co_await sink_.write(out);
}

asio::awaitable<Result<void>> ShapingSink::write_paced(Messages messages) {
  while (!messages.empty()) {
    const SteadyTime now = std::chrono::steady_clock::now();
    const std::size_t count = pace_->take(messages.size(), now);
    if (count == 0) {
      asio::steady_timer timer(reactor_.executor(), pace_->next());
      co_await timer.async_wait(asio::use_awaitable);
      continue;
    }
    Result<void> written = co_await sink_.write(messages.first(count));
    if (!written) co_return written;
    messages = messages.subspan(count);
  }
  co_return Result<void>();
}

asio::awaitable<Result<void>> ShapingSink::finish() {
  if (transformer_) co_await transformer_->finish();
  co_return co_await sink_.finish();
}

}  // namespace rt
