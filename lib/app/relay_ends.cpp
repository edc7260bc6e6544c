#include "app/relay_ends.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "app/link.hpp"
#include "app/relay_http.hpp"
#include "app/relay_losses.hpp"
#include "app/relay_stdio.hpp"
#include "app/skipping_link.hpp"
#include "base/log.hpp"
#include "io/hub/side.hpp"
#include "io/process/exec_end.hpp"
#include "io/stdio/file_end.hpp"
#include "model/topic.hpp"

namespace rt {
namespace {

using Kind = RelayEndpoint::Kind;

class StdioEnd final : public RelayEnd {
 public:
  StdioEnd(Reactor& reactor, Shutdown& shutdown, const RelayEndOptions& options, RelayUse use)
      : payload_only_(payload_only(options.framing)), name_(options.output_name) {
    if (use.read) input_.emplace(reactor, options.framing);
    if (use.write)
      output_.emplace(reactor, options.output_fd, options.output_name, options.framing,
                      options.transport, [&shutdown] { shutdown.request(); });
  }
  RelayFrom from() override { return {.name = "stdin", .source = &*input_, .local = true}; }
  RelayTo to() override {
    return {.name = name_, .sink = &*output_, .payload_only = payload_only_};
  }
  std::uint64_t skipped() const override { return output_ ? output_->refused() : 0; }

 private:
  bool payload_only_;
  std::string name_;
  std::optional<InputSource> input_;
  std::optional<OutputSink> output_;
};

// An end on another machine: links that are mended when they break.
class RemoteEnd : public RelayEnd {
 public:
  RemoteEnd(Reactor& reactor, const RelayEndOptions& options)
      : reactor_(reactor),
        name_(options.endpoint.display()),
        reconnect_(options.reconnect),
        skipped_(name_) {}

  asio::awaitable<Result<void>> open() override {
    if (up_) {
      if (Result<void> open = co_await up_->connect(); !open) co_return open;
    }
    if (down_) {
      if (Result<void> open = co_await down_->connect(); !open) co_return open;
    }
    co_return Result<void>();
  }
  RelayFrom from() override { return {.name = name_, .source = &down()}; }
  RelayTo to() override { return {.name = name_, .sink = &*up_}; }
  std::uint64_t reconnects() const override {
    return (down_ ? down_->reconnects() : 0) + (up_ ? up_->reconnects() : 0);
  }
  std::uint64_t skipped() const override { return skipped_.number(); }
  void tell_skipped() override { skipped_.tell(); }
  std::optional<Error> doubt() const override { return up_ ? up_->doubt() : std::nullopt; }

 protected:
  SkippingLink::OnSkipped on_skipped() {
    return [this](const Message*, const Error& why) { skipped_.add(why.text()); };
  }
  void read_by(Link& link) { down_.emplace(reactor_, link, name_, reconnect_); }
  void write_by(Link& link) {
    skipping_.emplace(link, on_skipped());
    up_.emplace(reactor_, *skipping_, name_, reconnect_);
  }
  void use_for_both(Link& link) {
    write_by(link);
    both_ = true;
  }
  ReconnectingLink& down() { return both_ ? *up_ : *down_; }
  const std::string& name() const { return name_; }

 private:
  Reactor& reactor_;
  std::string name_;
  ReconnectOptions reconnect_;
  Skipped skipped_;
  bool both_ = false;  // up_ is down, too
  std::optional<SkippingLink> skipping_;
  std::optional<ReconnectingLink> down_;
  std::optional<ReconnectingLink> up_;
};

// Event streams and polling down, publications by HTTP up.
class HttpEnd final : public RemoteEnd {
 public:
  HttpEnd(Reactor& reactor, const RelayEndOptions& options, RelayUse use)
      : RemoteEnd(reactor, options), client_(reactor, options.http) {
    const RelayEndpoint& endpoint = options.endpoint;
    if (use.read && endpoint.kind == Kind::sse) {
      buffer_ = options.buffer;
      stream_.emplace(client_, options.sse);
      read_by(*stream_);
    } else if (use.read) {
      poll_.emplace(reactor, client_, options.poll);
      read_by(*poll_);
    }
    if (!use.write) return;
    Log::info(endpoint.display() + ": connected to when there is a message for it");
    if (endpoint.remote.path() == "/") {
      channels_.emplace(client_, endpoint.remote, options.publish, on_skipped());
      write_by(*channels_);
    } else {
      publish_.emplace(client_, options.publish);
      write_by(*publish_);
    }
  }
  RelayFrom from() override {
    RelayFrom from = RemoteEnd::from();
    from.buffer = buffer_;
    return from;
  }

 private:
  HttpClient client_;
  std::optional<std::size_t> buffer_;
  std::optional<SseLink> stream_;
  std::optional<PollLink> poll_;
  std::optional<HttpPublishLink> publish_;
  std::optional<ChannelPublishLink> channels_;
};

class WsEnd final : public RemoteEnd {
 public:
  WsEnd(Reactor& reactor, const RelayEndOptions& options, RelayUse use)
      : RemoteEnd(reactor, options),
        use_(use),
        payload_only_(!options.websocket.hub),
        link_(reactor, options.websocket) {
    link_.skip_too_long([skip = on_skipped()](const Error& why) { skip(nullptr, why); });
    use_for_both(link_);
  }
  asio::awaitable<Result<void>> open() override {
    Result<void> open = co_await RemoteEnd::open();
    if (open && link_.hub_unasked())
      Log::warn(name() + " is an rtwire hub: with --hub nothing is lost and nothing loops");
    co_return open;
  }
  RelayTo to() override {
    RelayTo to = RemoteEnd::to();
    to.payload_only = payload_only_;
    return to;
  }
  // What comes and is not wanted would in the end stand before what is (acknowledgements, a close).
  asio::awaitable<void> attend() override {
    if (use_.read) co_return;
    for (;;) {
      Result<Batch> ignored = co_await down().read();
      if (!ignored || ignored->empty()) co_return;
    }
  }
  asio::awaitable<void> close() override { co_await link_.close(); }
  void hurry() override { link_.hurry(); }
  std::optional<Error> failure() const override {
    auto refusal = use_.write ? link_.parting_refusal() : std::nullopt;
    if (refusal) refusal = refusal->within(name());
    return refusal;
  }

 private:
  RelayUse use_;
  bool payload_only_;
  WsLink link_;
};

class MqttEnd : public RemoteEnd {
 public:
  MqttEnd(Reactor& reactor, const RelayEndOptions& options)
      : RemoteEnd(reactor, options), link_(reactor, options.mqtt) {
    use_for_both(link_);
  }
  RelayFrom from() override {
    RelayFrom from = RemoteEnd::from();
    from.acknowledged = link_.commits();
    if (from.acknowledged) from.commit_but = [this](std::size_t left) { down().commit_but(left); };
    return from;
  }
  asio::awaitable<void> close() override { co_await link_.close(); }
  void hurry() override { link_.hurry(); }

 private:
  MqttLink link_;
};

// A broker that runs beside this process, and a client of it.
class BrokerEnd final : public RelayEnd {
 public:
  BrokerEnd(Reactor& reactor, RelayServers& servers, RelayEndOptions options)
      : reactor_(reactor), options_(std::move(options)), broker_(servers.broker(options_.broker)) {}

  asio::awaitable<Result<void>> open() override {
    joined_ = true;
    if (Result<void> started = co_await broker_.join(); !started) co_return started;
    // Two clients of one identifier would put each other out.
    if (broker_.users() > 1 && !options_.mqtt.client_id.empty())
      options_.mqtt.client_id += "-" + std::to_string(broker_.users());
    ListenAddress address = options_.endpoint.listen;
    address.port = broker_.port();
    options_.mqtt.endpoint.transport = Transport::mqtt;
    options_.mqtt.endpoint.host = address.loopback() ? address.host : "127.0.0.1";
    options_.mqtt.endpoint.port = address.port;
    client_.emplace(reactor_, options_);
    Result<void> open = co_await client_->open();
    if (open) Log::ready("listening " + listen_url("mqtt", address));
    co_return open;
  }
  RelayFrom from() override { return client_->from(); }
  RelayTo to() override { return client_->to(); }
  asio::awaitable<void> attend() override { co_await broker_.watch(); }
  std::optional<Error> failure() const override { return broker_.death(); }
  asio::awaitable<void> close() override {
    if (client_) co_await client_->close();
    if (joined_) co_await broker_.leave();
  }
  void hurry() override {
    if (client_) client_->hurry();
  }
  std::uint64_t reconnects() const override { return client_ ? client_->reconnects() : 0; }
  std::uint64_t skipped() const override { return client_ ? client_->skipped() : 0; }
  void tell_skipped() override {
    if (client_) client_->tell_skipped();
  }
  std::optional<Error> doubt() const override { return client_ ? client_->doubt() : std::nullopt; }

 private:
  Reactor& reactor_;
  RelayEndOptions options_;
  SharedBroker& broker_;
  bool joined_ = false;
  std::optional<MqttEnd> client_;
};

class ExecRelayEnd final : public RelayEnd {
 public:
  ExecRelayEnd(Reactor& reactor, const RelayEndOptions& options, RelayUse use)
      : name_(options.endpoint.display()),
        payload_only_(payload_only(options.framing)),
        skipped_(name_),
        program_(reactor, {options.endpoint.text, options.framing, options.transport, use.write,
                           use.read, [this](const Error& why) { skipped_.add(why.text()); }}) {}
  asio::awaitable<Result<void>> open() override { co_return program_.start(); }
  RelayFrom from() override { return {.name = name_, .source = &program_, .local = true}; }
  RelayTo to() override {
    return {.name = name_, .sink = &program_, .payload_only = payload_only_, .finishes_once = true};
  }
  std::uint64_t skipped() const override { return skipped_.number() + program_.refused(); }
  void tell_skipped() override { skipped_.tell(); }

 private:
  std::string name_;
  bool payload_only_;
  Skipped skipped_;
  ExecEnd program_;
};

class FileRelayEnd final : public RelayEnd {
 public:
  FileRelayEnd(Reactor& reactor, const RelayEndOptions& options, RelayUse use)
      : name_(options.endpoint.display()),
        payload_only_(payload_only(options.framing)),
        skipped_(name_) {
    const FileOptions file{options.endpoint.text, options.framing, options.transport, false,
                           [this](const Error& why) { skipped_.add(why.text()); }};
    if (use.read) source_.emplace(reactor, file);
    if (use.write) sink_.emplace(reactor, file);
  }
  asio::awaitable<Result<void>> open() override {
    if (!sink_) co_return Result<void>();
    co_return sink_->open();
  }
  RelayFrom from() override { return {.name = name_, .source = &*source_, .local = true}; }
  RelayTo to() override { return {.name = name_, .sink = &*sink_, .payload_only = payload_only_}; }
  std::uint64_t skipped() const override {
    return skipped_.number() + (sink_ ? sink_->refused() : 0);
  }
  void tell_skipped() override { skipped_.tell(); }

 private:
  std::string name_;
  bool payload_only_;
  Skipped skipped_;
  std::optional<FileSource> source_;
  std::optional<FileSink> sink_;
};

// A channel, or all channels, of a hub in this process.
class HubEnd final : public RelayEnd {
 public:
  HubEnd(Reactor& reactor, RelayServers& servers, const RelayEndOptions& options)
      : server_(servers.server(options.hub)),
        channel_(options.endpoint.listen.channel),
        scheme_(options.endpoint.served == Transport::ws ? "ws" : "http"),
        name_(options.endpoint.display()),
        skipped_(name_) {
    // Before it listens: nothing that is published is missed.
    HubSide::Options side;
    side.channel = channel_;
    side.on_skipped = [this](const Message&, const Error& why) { skipped_.add(why.text()); };
    side_.emplace(reactor, server_.service(), std::move(side));
  }

  asio::awaitable<Result<void>> open() override {
    Log::ready("listening " + server_.url(scheme_, channel_));
    co_return Result<void>();
  }
  RelayFrom from() override { return {.name = name_, .source = &*side_}; }
  RelayTo to() override { return {.name = name_, .sink = &*side_}; }
  std::uint64_t skipped() const override { return skipped_.number(); }
  void tell_skipped() override { skipped_.tell(); }

 private:
  HubServer& server_;
  std::string channel_;
  std::string scheme_;
  std::string name_;
  Skipped skipped_;
  std::optional<HubSide> side_;
};

bool same_address(const ListenAddress& a, const ListenAddress& b) {
  return a.port != 0 && a.port == b.port && a.host == b.host;
}

}  // namespace

asio::awaitable<Result<void>> SharedBroker::join() {
  if (users_++ > 0) co_return Result<void>();
  co_return co_await broker_.start();
}

asio::awaitable<void> SharedBroker::leave() {
  if (--users_ == 0) co_await broker_.stop();
}

asio::awaitable<void> SharedBroker::watch() {
  if (std::exchange(watched_, true)) co_return;
  died_ = co_await broker_.death();
  shutdown_.request();
}

SharedBroker& RelayServers::broker(const BrokerOptions& options) {
  for (OneBroker& one : brokers_)
    if (same_address(options.address, one.address)) return *one.broker;
  brokers_.push_back(
      {options.address, std::make_unique<SharedBroker>(reactor_, shutdown_, options)});
  return *brokers_.back().broker;
}

HubServer& RelayServers::server(const HubServerOptions& options) {
  for (One& one : servers_)
    if (same_address(options.address, one.address)) return *one.server;
  servers_.push_back({options.address, std::make_unique<HubServer>(reactor_, options)});
  return *servers_.back().server;
}

Result<void> RelayServers::listen() {
  for (One& one : servers_) {
    if (one.listens) continue;
    if (const Result<std::uint16_t> port = one.server->listen(); !port) return port.error();
    one.listens = true;
  }
  return {};
}

asio::awaitable<void> RelayServers::drain() {
  for (One& one : servers_) {
    if (one.listens) co_await one.server->drain();
  }
}

Result<std::unique_ptr<RelayEnd>> make_relay_end(Reactor& reactor, Shutdown& shutdown,
                                                 RelayServers& servers, RelayEndOptions options,
                                                 RelayUse use) {
  const RelayEndpoint& endpoint = options.endpoint;
  using End = std::unique_ptr<RelayEnd>;
  switch (endpoint.kind) {
    case Kind::stdio:
      return End(std::make_unique<StdioEnd>(reactor, shutdown, options, use));
    case Kind::http:
      if (use.read) {
        if (Result<void> possible = check_source(endpoint); !possible) return possible.error();
      }
      [[fallthrough]];
    case Kind::poll:
    case Kind::sse:
      return End(std::make_unique<HttpEnd>(reactor, options, use));
    case Kind::ws:
      return End(std::make_unique<WsEnd>(reactor, options, use));
    case Kind::mqtt:
      return End(std::make_unique<MqttEnd>(reactor, options));
    case Kind::exec:
      return End(std::make_unique<ExecRelayEnd>(reactor, options, use));
    case Kind::file:
      return End(std::make_unique<FileRelayEnd>(reactor, options, use));
    case Kind::serve:
      break;
  }
  if (endpoint.served == Transport::mqtt)
    return End(std::make_unique<BrokerEnd>(reactor, servers, std::move(options)));
  return End(std::make_unique<HubEnd>(reactor, servers, options));
}

}  // namespace rt
