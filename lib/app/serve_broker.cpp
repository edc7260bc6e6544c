#include "app/serve_broker.hpp"

#include <algorithm>
#include <asio/experimental/awaitable_operators.hpp>
#include <asio/steady_timer.hpp>
#include <asio/use_awaitable.hpp>
#include <chrono>
#include <memory>
#include <optional>
#include <utility>

#include "app/connection.hpp"
#include "app/input_source.hpp"
#include "app/reconnect.hpp"
#include "base/log.hpp"
#include "base/text.hpp"
#include "io/loop/notifier.hpp"
#include "io/mqtt/client.hpp"
#include "io/stdio/frame_writer.hpp"
#include "io/stdio/output_writer.hpp"
#include "io/stdio/standard_input.hpp"
#include "io/stdio/standard_streams.hpp"
#include "model/topic.hpp"

namespace rt {
namespace {

using namespace asio::experimental::awaitable_operators;

constexpr std::size_t kMostPending = 1u << 20;  // bytes for stdout before the broker has to wait
// The broker's figures, which it publishes once a second if they have changed.
constexpr const char* kKept = "$SYS/broker/store/messages/count";
constexpr const char* kRetained = "$SYS/broker/retained messages/count";
constexpr Milliseconds kFirstFigures = 1500ms;
constexpr Milliseconds kNoNewFigures = 2500ms;
constexpr Milliseconds kDeliveryTime = 10s;
constexpr std::chrono::seconds kSession = 4h;  // over a lost connection
constexpr Milliseconds kFirstPause = 100ms;
constexpr Milliseconds kMostPause = 1s;   // between two attempts; nobody else is hammered
constexpr Milliseconds kBrokerTime = 2s;  // at the end: for our client and the broker in all
constexpr Milliseconds kLeastPatience = 200ms;

MqttClientOptions client_options(const ServeBrokerOptions& options, const Broker& broker) {
  MqttClientOptions client;
  client.endpoint.transport = Transport::mqtt;
  client.endpoint.host = broker.host();
  client.endpoint.port = broker.port();
  client.protocol = MqttProtocol::v5;
  client.qos = options.qos;
  client.session_expiry = kSession;
  client.own_broker = true;
  client.max_message = options.broker.max_message;
  client.topic = topic_of(options.broker.address.channel);
  client.filters = {client.topic};
  client.no_local = true;
  client.retain = options.retain;
  return client;
}

// A broker, and between it and stdio a client of its own, which comes back when the broker does.
class BrokerServer {
 public:
  BrokerServer(Reactor& reactor, Shutdown& shutdown, ServeBrokerOptions options)
      : reactor_(reactor),
        shutdown_(shutdown),
        options_(std::move(options)),
        broker_(reactor, options_.broker),
        input_(reactor),
        output_(reactor, options_.output_fd, options_.output_name,
                old_content_for(options_.output_fd)),
        encoder_(framing_for(options_.output_fd, options_.framing), Transport::mqtt,
                 options_.output_name),
        progress_(reactor.executor()) {}

  asio::awaitable<Result<void>> run() {
    const Result<void> started = co_await broker_.start();
    if (!started) co_return started;
    if (!options_.broker.address.channel.empty()) {
      const Result<void> connected = co_await connect_stdio();
      if (!connected) co_return connected;
    } else if (stdin_is_piped()) {
      Log::warn("stdin is not read: no channel is named (rtmqtt serve [HOST:]PORT/CHANNEL)");
    }
    output_.begin();
    const std::string ready = "listening " + broker_.url() + options_.broker.address.channel;
    Log::ready(ready);
    options_.notify.ready(ready);
    co_await (shutdown_.wait() || go_on());
    options_.notify.stopping();
    co_await end();
    if (failed_) co_return *failed_;
    if (Result<void> written = output_.status(); !written) co_return written;
    if (link_)
      if (const std::optional<Error> doubt = link_->doubt()) co_return *doubt;
    co_return encoder_.verdict();
  }

 private:
  void fail(const Error& error) {
    if (!failed_) failed_ = error;
    shutdown_.request();
  }

  // Never completes.
  asio::awaitable<void> go_on() {
    if (!link_)
      co_await broker_.keep_running();
    else
      co_await (broker_.keep_running() && print_messages() && publish_input());
  }

  asio::awaitable<Result<void>> connect_stdio() {
    ReconnectOptions reconnect;
    reconnect.most = kMostPause;
    reconnect.advise = false;
    reconnect.tell = false;  // the broker's end is told
    reconnect.first = kFirstPause;
    MqttClientOptions own = client_options(options_, broker_);
    broker_.adopt(own);
    client_.emplace(reactor_, std::move(own));
    link_.emplace(reactor_, *client_, broker_.url(), reconnect);
    const Result<void> connected = co_await link_->connect();
    if (!connected) co_return connected;
    output_.on_progress([this] {
      if (output_.closed() || !output_.status()) shutdown_.request();
      progress_.notify_all();
    });
    co_return Result<void>();
  }

  asio::awaitable<void> print_messages() {
    for (;;) {
      const Result<Batch> batch = co_await link_->read();
      if (!batch) co_return fail(batch.error());
      if (batch->empty())
        co_return fail(Error(
            Fault::network,
            "the broker has closed the connection of stdin and stdout" + client_->ending().how));
      std::string bytes;
      for (const MessagePtr& message : *batch) {
        if (message->gap) continue;
        encoder_.append(bytes, *message);
      }
      output_.write(std::move(bytes));
      const Result<void> written = co_await output_.wait_below(kMostPending);
      if (!written) co_return fail(written.error());
      if (output_.closed()) co_return;
      link_->commit();
    }
  }

  asio::awaitable<void> publish_input() {
    if (!options_.read_stdin) co_return;
    FrameDecoder decoder(options_.framing);
    input_.prepare(options_.framing);
    bool more = true;
    while (more) {
      const Result<std::string> bytes = co_await input_.read();
      if (!bytes) co_return end_input(bytes.error());
      more = !bytes->empty();
      Batch batch;
      const Result<void> decoded = more ? decoder.receive(*bytes, batch) : decoder.finish(batch);
      tell_if_cut(decoder);
      const Result<void> written = co_await link_->write(batch);
      if (!written) co_return fail(written.error());
      if (!decoded) co_return end_input(decoded.error().within("stdin"));
    }
    const Result<void> flushed = co_await link_->finish();
    if (!flushed) co_return fail(flushed.error());
    if (!options_.exit_on_eof) co_return;
    co_await await_delivery();
    shutdown_.request();
  }

  // What the broker has accepted for its clients ends with it: they get the time to take it. All
  // that it keeps beside retained messages is for somebody; who takes nothing is not waited for.
  asio::awaitable<void> await_delivery() {
    MqttClientOptions options = client_options(options_, broker_);
    options.qos = 0;
    options.filters = {kKept, kRetained};
    MqttClient figures(reactor_, options);
    const Result<void> connected = co_await figures.connect();
    if (!connected) co_return;
    const SteadyTime start = std::chrono::steady_clock::now();
    SteadyTime until = start + kNoNewFigures;
    std::uint64_t kept = 0;
    std::uint64_t retained = 0;
    asio::steady_timer timer(reactor_.context());
    for (;;) {
      const bool delivered = kept <= retained;
      timer.expires_at(delivered ? start + kFirstFigures : std::min(until, start + kDeliveryTime));
      auto either = co_await (figures.read() || timer.async_wait(asio::use_awaitable));
      if (either.index() == 1) break;
      const Result<Batch>& batch = std::get<0>(either);
      if (!batch || batch->empty()) break;
      for (const MessagePtr& message : *batch) {
        const bool is_kept = topic_of(message->channel) == kKept;
        (is_kept ? kept : retained) = parse_uint(message->payload).value_or(0);
      }
      until = std::chrono::steady_clock::now() + kNoNewFigures;
    }
    co_await figures.close();
  }

  // The broker's clients are not to suffer from a bad line here: it goes on without stdin, and the
  // error is told again by the exit code.
  void end_input(const Error& error) {
    if (options_.exit_on_eof) return fail(error);
    Log::error(error.text() + " (nothing more is read from stdin)");
    if (error.fault() == Fault::usage) failed_ = error;
  }

  asio::awaitable<void> end() {
    // A service manager may have told it, too.
    broker_.expect_end();
    const SteadyTime until = std::chrono::steady_clock::now() + kBrokerTime;
    if (link_) {
      asio::steady_timer timer(reactor_.context(), until);
      co_await (link_->close(false) || timer.async_wait(asio::use_awaitable));
    }
    const auto left =
        std::chrono::duration_cast<Milliseconds>(until - std::chrono::steady_clock::now());
    co_await broker_.stop(std::max(kLeastPatience, left));
    // A reader that has stalled is not waited for.
    const SteadyTime deadline = shutdown_.patience_ends();
    while (output_.pending() > 0 && output_.status() && !output_.closed() &&
           std::chrono::steady_clock::now() < deadline)
      co_await progress_.wait_until(deadline);
  }

  Reactor& reactor_;
  Shutdown& shutdown_;
  ServeBrokerOptions options_;
  Broker broker_;
  std::optional<MqttConnection> client_;
  std::optional<Reconnecting> link_;
  StandardInput input_;
  OutputWriter output_;
  FrameWriter encoder_;
  Notifier progress_;
  std::optional<Error> failed_;
};

}  // namespace

asio::awaitable<Result<void>> serve_broker(Reactor& reactor, Shutdown& shutdown,
                                           ServeBrokerOptions options) {
  const auto server = std::make_unique<BrokerServer>(reactor, shutdown, std::move(options));
  Result<void> result = co_await server->run();
  co_return result;
}

}  // namespace rt
