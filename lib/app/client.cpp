#include "app/client.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <asio/experimental/awaitable_operators.hpp>
#include <asio/steady_timer.hpp>
#include <cerrno>
#include <utility>

#include "base/log.hpp"
#include "base/text.hpp"
#include "io/stdio.hpp"

namespace rt {
namespace {

using namespace asio::experimental::awaitable_operators;

constexpr std::size_t kMostPending = 1u << 20;  // bytes for stdout before reading stops
constexpr Milliseconds kSettleTime = 1s;        // for stdout, when told to end
constexpr Milliseconds kDefaultLinger = 1s;     // for answers, after stdin's end

Result<std::string> read_file(const std::string& path) {
  const int fd = path == "-" ? STDIN_FILENO : open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return system_error(Fault::usage, "cannot read " + path, errno);
  std::string bytes;
  char chunk[65536];
  for (;;) {
    const ssize_t n = ::read(fd, chunk, sizeof chunk);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return system_error(Fault::other, "cannot read " + path, errno);
    if (n == 0) break;
    bytes.append(chunk, static_cast<std::size_t>(n));
  }
  if (fd != STDIN_FILENO) close(fd);
  return bytes;
}

// One run of a verb.
class Client {
 public:
  enum class Verb : std::uint8_t { subscribe, publish, pipe };

  Client(Reactor& reactor, Shutdown& shutdown, Links links, ClientOptions options)
      : reactor_(reactor),
        shutdown_(shutdown),
        links_(links),
        options_(std::move(options)),
        input_(reactor),
        output_(reactor, options_.output_fd, options_.output_name,
                old_content_for(options_.output_fd)),
        encoder_(options_.framing, options_.transport) {
    if (links.down != nullptr)
      down_.emplace(reactor, *links.down, options_.name, options_.reconnect);
    if (links.up != nullptr && links.up != links.down)
      up_.emplace(reactor, *links.up, options_.name, options_.reconnect);
  }

  asio::awaitable<Result<void>> run(Verb verb) {
    output_.on_progress([this] {
      if (output_.closed()) shutdown_.request();
    });
    Result<void> result = co_await limited(verb);
    if (links_.down != nullptr && links_.down->established()) output_.begin();
    if (!output_.status()) co_return output_.status();
    if (result && up_unsure()) {
      Log::warn(options_.name + ": a connection was lost, and what was on it with it, perhaps (" +
                (options_.transport == Transport::mqtt ? "a broker acknowledges: --qos 1)"
                                                       : "a hub acknowledges: --hub)"));
      ++lost_;
    }
    if (result && lost_ > 0)
      co_return Error(Fault::lost, "messages were lost").within(options_.name);
    co_return result;
  }

 private:
  bool up_unsure() const {
    if (up_) return up_->unsure();
    return links_.up != nullptr && down_ && down_->unsure();
  }
  ReconnectingLink& up() { return up_ ? *up_ : *down_; }

  asio::awaitable<Result<void>> limited(Verb verb) {
    if (!options_.timeout) co_return co_await until_shutdown(verb);
    asio::steady_timer timer(reactor_.context(), *options_.timeout);
    auto either = co_await (until_shutdown(verb) || timer.async_wait(asio::use_awaitable));
    if (either.index() == 0) co_return std::get<0>(std::move(either));
    co_await close();
    co_await settle_output();
    const Link* const first = verb == Verb::publish ? links_.up : links_.down;
    if (first != nullptr && !first->established())
      co_return Error(Fault::timeout, "no connection within --timeout").within(options_.name);
    if (verb != Verb::publish && !options_.count) co_return Result<void>();
    co_return Error(Fault::timeout, verb == Verb::publish
                                        ? "not everything was sent within --timeout"
                                        : std::to_string(printed_) + " of " +
                                              std::to_string(*options_.count) +
                                              " messages came within --timeout")
        .within(options_.name);
  }

  asio::awaitable<Result<void>> until_shutdown(Verb verb) {
    auto either = co_await (run_verb(verb) || shutdown_.wait());
    co_await close();
    if (either.index() == 0) {
      const Result<void> written = co_await output_.finish();
      Result<void> result = std::get<0>(std::move(either));
      co_return result ? written : result;
    }
    co_await settle_output();
    co_return Result<void>();
  }

  // What has been received goes out, unless stdout is stalled.
  asio::awaitable<void> settle_output() {
    asio::steady_timer timer(reactor_.context(), kSettleTime);
    (void)co_await (output_.finish() || timer.async_wait(asio::use_awaitable));
  }

  asio::awaitable<Result<void>> run_verb(Verb verb) {
    switch (verb) {
      case Verb::subscribe:
        return download();
      case Verb::publish:
        return upload();
      case Verb::pipe:
        return both();
    }
    return download();
  }

  asio::awaitable<void> close() {
    if (links_.down != nullptr) co_await links_.down->close();
    if (links_.up != nullptr && links_.up != links_.down) co_await links_.up->close();
  }

  // --- down
  asio::awaitable<Result<void>> download() {
    for (;;) {
      Result<Batch> batch = co_await down_->read();
      if (!batch) co_return batch.error();
      if (batch->empty()) co_return Result<void>();
      std::string bytes;
      bool done = false;
      std::size_t handled = 0;
      for (const MessagePtr& message : *batch) {
        ++handled;
        if (message->gap) {
          tell_gap(*message);
        } else {
          ++printed_;
          done = options_.count && printed_ >= *options_.count;
        }
        encoder_.append(bytes, *message);
        if (done) break;
      }
      output_.write(std::move(bytes));
      // What the other side keeps until then must have left for good.
      const bool commits = links_.down->commits();
      if (done && !commits) co_return Result<void>();
      if (Result<void> room = co_await output_.wait_below(commits ? 0 : kMostPending); !room)
        co_return room;
      if (output_.closed()) co_return Result<void>();
      if (commits) down_->commit_but(batch->size() - handled);
      if (done) co_return Result<void>();
    }
  }

  void tell_gap(const Message& message) {
    ++lost_;
    std::string text = options_.name + ": messages were lost";
    if (message.gap->missed) text += ": " + std::to_string(*message.gap->missed);
    if (!message.gap->from.empty()) text += " after " + printable(message.gap->from);
    Log::warn(text);
  }

  // --- up
  asio::awaitable<Result<void>> upload() {
    // stdin is not read before the connection stands.
    if (Result<void> open = co_await up().connect(); !open) co_return open;
    if (!options_.messages.empty()) {
      if (Result<void> sent = co_await send_arguments(); !sent) co_return sent;
    } else if (Result<void> sent = co_await send_input(); !sent) {
      co_return sent;
    }
    co_return co_await up().finish();
  }

  asio::awaitable<Result<void>> send_arguments() {
    Batch batch;
    for (const Argument& argument : options_.messages) {
      Message message;
      if (argument.from_file) {
        Result<std::string> bytes = read_file(argument.text);
        if (!bytes) co_return bytes.error();
        message.payload = std::move(*bytes);
      } else {
        message.payload = argument.text;
      }
      if (message.payload.size() > options_.framing.max_message)
        co_return Error(Fault::usage, "a message of " + std::to_string(message.payload.size()) +
                                          " bytes is longer than --max-message");
      message.kind = valid_utf8(message.payload) ? PayloadKind::text : PayloadKind::binary;
      batch.push_back(std::make_shared<const Message>(std::move(message)));
    }
    co_return co_await send(std::move(batch));
  }

  asio::awaitable<Result<void>> send_input() {
    FrameDecoder decoder(options_.framing);
    for (;;) {
      Result<std::string> bytes = co_await input_.read();
      if (!bytes) co_return bytes.error();
      Batch batch;
      const Result<void> decoded =
          bytes->empty() ? decoder.finish(batch) : decoder.receive(*bytes, batch);
      // What came before a bad line is sent all the same.
      if (!batch.empty())
        if (Result<void> sent = co_await send(std::move(batch)); !sent) co_return sent;
      if (!decoded) {
        if (Result<void> sent = co_await up().finish(); !sent) co_return sent;
        co_return decoded.error().within("stdin");
      }
      if (bytes->empty()) co_return Result<void>();
    }
  }

  asio::awaitable<Result<void>> send(Batch batch) {
    for (MessagePtr& message : batch) {
      const bool typed = !options_.content_type.empty() && message->content_type.empty();
      const bool kind = options_.send_kind != SendKind::by_content;
      if (!typed && !kind) continue;
      Message changed = *message;
      if (typed) changed.content_type = options_.content_type;
      if (options_.send_kind == SendKind::binary) changed.kind = PayloadKind::binary;
      if (options_.send_kind == SendKind::text) {
        if (!valid_utf8(changed.payload))
          co_return Error(Fault::usage, "--text: a message is not valid UTF-8");
        changed.kind = PayloadKind::text;
      }
      message = std::make_shared<const Message>(std::move(changed));
    }
    co_return co_await up().write(batch);
  }

  // --- both
  asio::awaitable<Result<void>> both() {
    if (Result<void> open = co_await up().connect(); !open) co_return open;
    auto either = co_await (download() || upload_and_linger());
    if (either.index() == 0) co_return std::get<0>(std::move(either));
    co_return std::get<1>(std::move(either));
  }

  asio::awaitable<Result<void>> upload_and_linger() {
    Result<void> sent = co_await upload();
    if (!sent) co_return sent;
    asio::steady_timer timer(reactor_.context());
    // Who asked for a number of answers gets the time for them.
    if (options_.count && !options_.linger)
      timer.expires_at(SteadyTime::max());
    else
      timer.expires_after(options_.linger.value_or(kDefaultLinger));
    co_await timer.async_wait(asio::use_awaitable);
    co_return Result<void>();
  }

  Reactor& reactor_;
  Shutdown& shutdown_;
  Links links_;
  ClientOptions options_;
  InputReader input_;
  OutputWriter output_;
  FrameEncoder encoder_;
  std::optional<ReconnectingLink> down_;
  std::optional<ReconnectingLink> up_;
  std::uint64_t printed_ = 0;
  std::uint64_t lost_ = 0;  // gaps
};

asio::awaitable<Result<void>> run_client(Reactor& reactor, Shutdown& shutdown, Links links,
                                         ClientOptions options, Client::Verb verb) {
  Client client(reactor, shutdown, links, std::move(options));
  co_return co_await client.run(verb);
}

}  // namespace

asio::awaitable<Result<void>> subscribe(Reactor& reactor, Shutdown& shutdown, Links links,
                                        ClientOptions options) {
  return run_client(reactor, shutdown, links, std::move(options), Client::Verb::subscribe);
}
asio::awaitable<Result<void>> publish(Reactor& reactor, Shutdown& shutdown, Links links,
                                      ClientOptions options) {
  return run_client(reactor, shutdown, links, std::move(options), Client::Verb::publish);
}
asio::awaitable<Result<void>> pipe(Reactor& reactor, Shutdown& shutdown, Links links,
                                   ClientOptions options) {
  return run_client(reactor, shutdown, links, std::move(options), Client::Verb::pipe);
}

}  // namespace rt
