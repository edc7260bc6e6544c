#include "app/upload.hpp"

#include <asio/post.hpp>
#include <asio/steady_timer.hpp>
#include <asio/use_awaitable.hpp>
#include <memory>
#include <string>
#include <utility>

#include "app/argument_messages.hpp"
#include "app/input_source.hpp"
#include "app/replay_source.hpp"
#include "base/log.hpp"
#include "base/text.hpp"
#include "io/stdio/standard_streams.hpp"

namespace rt {
namespace {

// Where a message is at fault, its number is told; `before` are in front of it.
Error of_input(const Error& error, std::size_t before) {
  if (error.fault() != Fault::usage) return error;
  return error.within("message " + std::to_string(before + 1)).within("stdin");
}

bool takes_commands(const ClientOptions& options) {
  return options.transport == Transport::ws && options.framing.kind == FramingKind::lines &&
         stdin_is_terminal();
}

// What the message says itself counts.
void add_facts(const MqttFacts& facts, Message& message) {
  auto all = std::make_shared<MqttFacts>(message.mqtt ? *message.mqtt : MqttFacts());
  if (all->response_topic.empty()) all->response_topic = facts.response_topic;
  if (all->correlation.empty()) all->correlation = facts.correlation;
  if (!all->expiry) all->expiry = facts.expiry;
  message.mqtt = std::move(all);
}

}  // namespace

void Upload::prepare() {
  if (!options_.replay && options_.messages.empty()) input_.prepare(options_.framing);
}

asio::awaitable<Result<void>> Upload::run() {
  if (Result<void> ready = topics_.prepare(); !ready) co_return ready;
  prepare();
  if (Result<void> open = co_await end_.up()->connect(); !open) co_return open;
  if (options_.replay) {
    if (Result<void> sent = co_await send_recording(*options_.replay); !sent) co_return sent;
  } else if (!options_.messages.empty()) {
    if (Result<void> sent = co_await send_arguments(); !sent) co_return sent;
  } else if (Result<void> sent = co_await send_input(); !sent) {
    co_return sent;
  }
  co_return co_await end_.up()->finish();
}

asio::awaitable<Result<void>> Upload::send_arguments() {
  Result<Batch> batch =
      co_await messages_of(reactor_, options_.messages, options_.framing.max_message);
  if (!batch) co_return batch.error();
  if (const Result<void> kind = dress(*batch); !kind) co_return kind;
  const Amount all = amount_of(*batch);
  tally_.expect_input(all.bytes);
  tally_.read_input(all.bytes);
  for (std::uint64_t left = options_.repeat; left > 1; --left) {
    Result<void> sent = co_await send(*batch);
    // The next one when this one has arrived, as far as that shows.
    if (sent) sent = co_await end_.up()->finish();
    if (!sent) co_return sent;
    asio::steady_timer pause(reactor_.context(), options_.repeat_delay);
    co_await pause.async_wait(asio::use_awaitable);
  }
  co_return co_await send(std::move(*batch));
}

asio::awaitable<Result<void>> Upload::send_input() {
  const bool typed = takes_commands(options_);
  tell_what_to_type(options_.framing, typed);
  FrameDecoder decoder(options_.framing);
  std::size_t taken = 0;
  for (;;) {
    Result<std::string> bytes = co_await input_.read();
    if (!bytes) co_return bytes.error();
    tally_.read_input(bytes->size());
    Batch batch;
    Result<void> good = bytes->empty() ? decoder.finish(batch) : decoder.receive(*bytes, batch);
    // With --text it is an error.
    if (options_.send_as != SendAs::text) tell_if_cut(decoder);
    if (!good) good = good.error().within("stdin");
    if (typed) do_what_is_typed(batch);
    // What came before a bad line is sent all the same.
    if (const Result<void> kind = dress(batch); !kind)
      good = of_input(kind.error(), taken + batch.size());
    const std::size_t count = batch.size();
    if (count > 0) {
      const Result<void> sent = co_await send(std::move(batch));
      if (!sent) co_return of_input(sent.error(), taken + count - end_.up()->unwritten());
    }
    taken += count;
    if (!good) {
      if (Result<void> sent = co_await end_.up()->finish(); !sent) co_return sent;
      co_return good;
    }
    if (bytes->empty() || closed_) co_return Result<void>();
  }
}

asio::awaitable<Result<void>> Upload::send_recording(ReplayOptions recording) {
  const std::string name = recording.name;
  ReplaySource source(reactor_, std::move(recording), ReplayChoice::For::client);
  std::uint64_t known = 0;
  for (;;) {
    Result<Batch> batch = co_await source.read();
    tally_.read_input(source.bytes() - std::exchange(known, source.bytes()));
    Result<void> good;
    if (!batch) good = batch.error();
    if (good) good = dress(*batch);
    if (good && batch->empty()) co_return Result<void>();
    if (good) good = co_await send(std::move(*batch));
    if (good) continue;
    // What came before it is sent all the same.
    if (Result<void> sent = co_await end_.up()->finish(); !sent) co_return sent;
    co_return good;
  }
}

// Takes commands out, and what follows a close.
void Upload::do_what_is_typed(Batch& batch) {
  Batch left;
  for (const MessagePtr& message : batch) {
    const TypedLine line = read_typed_line(message->payload);
    if (line.what != TypedLine::What::message) {
      obey(line);
      if (closed_) break;
      continue;
    }
    left.push_back(message);
    if (line.text.size() == message->payload.size()) continue;
    Message shorter = *message;
    shorter.payload = line.text;
    left.back() = std::make_shared<Message>(std::move(shorter));
  }
  batch = std::move(left);
}

void Upload::obey(const TypedLine& line) {
  switch (line.what) {
    case TypedLine::What::message:
      return;
    case TypedLine::What::wrong:
      return Log::warn(line.problem);
    case TypedLine::What::help:
      return Log::warn(kTypedHelp);
    case TypedLine::What::close:
      end_.up()->close_with(line.code);
      closed_ = true;
      return;
    case TypedLine::What::ping: {
      const bool sent = end_.up()->ping([](Milliseconds took) {
        Log::warn("the server answered after " + std::to_string(took.count()) + " ms");
      });
      if (!sent) Log::warn("there is no connection now");
    }
  }
}

Result<void> dress(const ClientOptions& options, Batch& batch) {
  const bool kind = options.send_as != SendAs::by_content;
  const bool facts = options.facts != nullptr;
  for (std::size_t at = 0; at < batch.size(); ++at) {
    MessagePtr& message = batch[at];
    const bool typed = !options.content_type.empty() && message->content_type.empty();
    if (!typed && !kind && !facts) continue;
    if (options.send_as == SendAs::text && !valid_utf8(message->payload)) {
      batch.resize(at);
      return Error(Fault::usage, "--text: a message is not valid UTF-8");
    }
    Message changed = *message;
    if (typed) changed.content_type = options.content_type;
    if (facts) add_facts(*options.facts, changed);
    if (kind) {
      changed.kind = options.send_as == SendAs::text ? PayloadKind::text : PayloadKind::binary;
      changed.guessed = false;
    }
    message = std::make_shared<Message>(std::move(changed));
  }
  return {};
}

Result<void> Upload::dress(Batch& batch) {
  Result<void> dressed = rt::dress(options_, batch);
  if (!options_.topic_from) return dressed;
  for (std::size_t at = 0; at < batch.size(); ++at) {
    Result<MessagePtr> message = topics_.apply(batch[at]);
    if (!message) {
      batch.resize(at);
      return message.error();
    }
    batch[at] = *std::move(message);
  }
  return dressed;
}

asio::awaitable<Result<void>> Upload::send(Batch batch) {
  tally_.take(amount_of(batch));
  Result<void> written = co_await end_.up()->write(batch);
  if (written) tally_.first_sent(report_.elapsed());
  // Where neither stdin nor the socket ever has us wait, what the peer says is heard all the same.
  co_await asio::post(reactor_.context(), asio::use_awaitable);
  if (recorder_ != nullptr) {
    const std::size_t left = written ? 0 : end_.up()->unwritten();
    recorder_->messages({.from = RecordedSide::client}, Messages(batch).first(batch.size() - left));
    if (Result<void> room = co_await recorder_->room(); written && !room) co_return room;
  }
  co_return written;
}

}  // namespace rt
