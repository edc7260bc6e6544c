#include "app/remote_end.hpp"

#include <utility>
#include <variant>

#include "app/channel_publisher.hpp"
#include "app/connection.hpp"
#include "base/log.hpp"

namespace rt {
namespace {

using Kind = RelayEndpoint::Kind;

// Event streams and polling down, publications by HTTP up.
class HttpEnd final : public RemoteEnd {
 public:
  HttpEnd(Reactor& reactor, const EndOptions& options, EndUse use)
      : RemoteEnd(reactor, options, use, facts_of(options)), client_(reactor, options.http) {
    if (use.read && options.endpoint.kind == Kind::sse)
      read_by(down_.emplace<SseConnection>(reactor, client_, options.sse, options.request_body));
    else if (use.read)
      read_by(down_.emplace<PollConnection>(reactor, client_, options.poll, options.request_body));
    if (!use.write) return;
    if (options.publish_by_channel)
      write_by(up_.emplace<ChannelPublisher>(
          client_, options.endpoint.remote,
          options.endpoint.topic_in_url ? RelayEndpoint::kTopicPlace : std::string_view(),
          options.publish, on_skipped()));
    else
      write_by(up_.emplace<PublishConnection>(client_, options.publish));
  }

 private:
  static EndFacts facts_of(const EndOptions& options) {
    EndFacts facts{.name = options.name};
    if (options.endpoint.kind == Kind::sse) facts.buffer = options.buffer;
    return facts;
  }

  HttpClient client_;
  std::variant<std::monostate, SseConnection, PollConnection> down_;
  std::variant<std::monostate, PublishConnection, ChannelPublisher> up_;
};

// Socket.IO by polling, both ways in one connection.
class EngineIoEnd final : public RemoteEnd {
 public:
  EngineIoEnd(Reactor& reactor, const EndOptions& options, EndUse use)
      : RemoteEnd(reactor, options, use, {.name = options.name}),
        connection_(reactor, options.http, engine_io_of(options, use)) {
    use_for_both(connection_);
  }
  // Somebody has to see that a connection has ended while nothing is written.
  asio::awaitable<void> attend() override {
    if (use().read) co_return;
    for (;;) {
      Result<Batch> ignored = co_await source().read();
      if (!ignored || ignored->empty()) co_return;
    }
  }

 private:
  static EngineIoOptions engine_io_of(const EndOptions& options, EndUse use) {
    EngineIoOptions engine_io = *options.engine_io;
    engine_io.dialect.reads = use.read;
    return engine_io;
  }

  EngineIoConnection connection_;
};

class WsEnd final : public RemoteEnd {
 public:
  WsEnd(Reactor& reactor, const EndOptions& options, EndUse use)
      : RemoteEnd(reactor, options, use,
                  {.name = options.name, .payload_only = !options.websocket.hub}),
        connection_(reactor, websocket_of(options, use)) {
    if (options.skip_refused)
      connection_.skip_too_long([skip = on_skipped()](const Error& why) { skip(nullptr, why); });
    // A relay's messages are no subscriptions.
    if (use.read && use.write && !options.skip_refused)
      connection_.on_subscription_lost([name = options.name] {
        Log::warn(name +
                  ": what was sent before is not sent again to the new connection "
                  "(--send MESSAGE: at each connection)");
      });
    use_for_both(connection_);
  }
  asio::awaitable<Result<void>> open() override {
    Result<void> open = co_await RemoteEnd::open();
    if (open && connection_.hub_unasked())
      Log::warn(facts().name + " is an rtwire hub: with --hub nothing is lost and nothing loops");
    co_return open;
  }
  // Somebody has to see that a connection has ended while nothing is written.
  asio::awaitable<void> attend() override {
    if (use().read) co_return;
    for (;;) {
      Result<Batch> ignored = co_await source().read();
      if (!ignored || ignored->empty()) co_return;
    }
  }
  EndStatus status() const override {
    EndStatus status = RemoteEnd::status();
    if (use().write) status.failure = parting_refusal();
    return status;
  }
  std::optional<Error> parting_refusal() const override {
    const auto refusal = connection_.said_goodbye() ? connection_.ending().refusal : std::nullopt;
    if (!refusal) return std::nullopt;
    return refusal->within(facts().name);
  }

 private:
  static WsClientOptions websocket_of(const EndOptions& options, EndUse use) {
    WsClientOptions websocket = options.websocket;
    websocket.writes_only = !use.read;
    return websocket;
  }

  WsConnection connection_;
};

class MqttEnd final : public RemoteEnd {
 public:
  MqttEnd(Reactor& reactor, const EndOptions& options, EndUse use)
      : RemoteEnd(reactor, options, use, {.name = options.name}),
        connection_(reactor, options.mqtt) {
    use_for_both(connection_);
  }

 private:
  MqttConnection connection_;
};

}  // namespace

RemoteEnd::RemoteEnd(Reactor& reactor, const EndOptions& options, EndUse use, EndFacts facts)
    : End(std::move(facts)),
      reactor_(reactor),
      reconnect_(options.reconnect),
      skip_refused_(options.skip_refused),
      use_(use),
      skipped_(options.name, options.keep_refused) {
  // Of who only writes nothing is asked.
  if (!use.read) reconnect_.idle_timeout = 0ms;
}

asio::awaitable<Result<void>> RemoteEnd::open() {
  if (up_) {
    if (Result<void> open = co_await up_->connect(); !open) co_return open;
  }
  if (down_) {
    if (Result<void> open = co_await down_->connect(); !open) co_return open;
  }
  co_return Result<void>();
}

asio::awaitable<void> RemoteEnd::close(bool hurried) {
  if (down_) co_await down_->close(hurried);
  if (up_) co_await up_->close(hurried);
}

EndStatus RemoteEnd::status() const {
  EndStatus status;
  status.reconnects = (down_ ? down_->reconnects() : 0) + (up_ ? up_->reconnects() : 0);
  status.lost = (down_ && down_->lost()) || (up_ && up_->lost());
  status.skipped = skipped_.number();
  if (up_) status.doubt = up_->doubt();
  return status;
}

OnSkipped RemoteEnd::on_skipped() {
  return [this](const MessagePtr& message, const Error& why) {
    if (message != nullptr)
      skipped_.add(*message, why.text());
    else
      skipped_.add(why.text());
  };
}

void RemoteEnd::read_by(Connection& connection) {
  down_.emplace(reactor_, connection, facts().name, reconnect_);
}

void RemoteEnd::write_by(Connection& connection) {
  up_.emplace(reactor_, connection, facts().name, reconnect_);
  if (skip_refused_) up_->skip_refused(on_skipped());
}

void RemoteEnd::use_for_both(Connection& connection) {
  write_by(connection);
  one_for_both_ = true;
}

std::unique_ptr<RemoteEnd> make_remote_end(Reactor& reactor, const EndOptions& options,
                                           EndUse use) {
  if (options.endpoint.kind == Kind::ws) return std::make_unique<WsEnd>(reactor, options, use);
  if (options.endpoint.kind == Kind::mqtt) return std::make_unique<MqttEnd>(reactor, options, use);
  if (options.engine_io) return std::make_unique<EngineIoEnd>(reactor, options, use);
  return std::make_unique<HttpEnd>(reactor, options, use);
}

}  // namespace rt
