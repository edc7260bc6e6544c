#include "app/make_end.hpp"

#include <algorithm>
#include <asio/experimental/awaitable_operators.hpp>
#include <asio/signal_set.hpp>
#include <asio/steady_timer.hpp>
#include <asio/use_awaitable.hpp>
#include <chrono>
#include <csignal>
#include <optional>
#include <utility>

#include "app/input_source.hpp"
#include "app/output.hpp"
#include "app/relay_losses.hpp"
#include "app/remote_end.hpp"
#include "base/log.hpp"
#include "io/hub/side.hpp"
#include "io/process/exec_end.hpp"
#include "io/stdio/file_end.hpp"
#include "model/topic.hpp"

namespace rt {
namespace {

using namespace asio::experimental::awaitable_operators;
using Kind = RelayEndpoint::Kind;

class StdioEnd final : public End {
 public:
  StdioEnd(Reactor& reactor, Shutdown& shutdown, const EndOptions& options, EndUse use)
      : End({.name = "stdin", .local = true, .payload_only = payload_only(options.framing)}) {
    if (use.read) input_.emplace(reactor, options.framing);
    if (!use.write) return;
    output_.emplace(reactor, StreamOutputOptions{options.output_fd, options.output_name,
                                                 options.framing, options.transport, kMostPending});
    output_->on_progress([this, &shutdown] {
      if (output_->closed()) shutdown.request();
    });
  }
  Source& source() override { return *input_; }
  Sink& sink() override { return *output_; }
  EndStatus status() const override { return {.skipped = output_ ? output_->failed() : 0}; }

 private:
  static constexpr std::size_t kMostPending = 1u << 20;  // bytes for stdout

  std::optional<InputSource> input_;
  std::optional<StreamOutput> output_;
};

// A broker that runs beside this process, and a client of it.
class BrokerEnd final : public End {
 public:
  BrokerEnd(Reactor& reactor, RelayServers& servers, EndOptions options, EndUse use)
      : End({.name = options.name}),
        reactor_(reactor),
        options_(std::move(options)),
        use_(use),
        broker_(servers.broker(options_.broker)) {}

  asio::awaitable<Result<void>> open() override {
    joined_ = true;
    if (Result<void> started = co_await broker_.join(); !started) co_return started;
    // Two clients of one identifier would put each other out.
    if (broker_.users() > 1 && !options_.mqtt.client_id.empty())
      options_.mqtt.client_id += "-" + std::to_string(broker_.users());
    ListenAddress address = options_.endpoint.listen;
    address.port = broker_.port();
    options_.endpoint.kind = Kind::mqtt;
    options_.mqtt.endpoint.transport = Transport::mqtt;
    options_.mqtt.endpoint.host = address.loopback() ? address.host : "127.0.0.1";
    options_.mqtt.endpoint.port = address.port;
    // It is started again; whoever does that tells of its end.
    options_.reconnect.reconnect = true;
    options_.reconnect.most = std::min(options_.reconnect.most, kMostPause);
    options_.reconnect.tell = false;
    options_.reconnect.first = kFirstPause;
    broker_.adopt(options_.mqtt);
    client_ = make_remote_end(reactor_, options_, use_);
    Result<void> open = co_await client_->open();
    if (open) Log::ready("listening " + listen_url("mqtt", address));
    co_return open;
  }
  Source& source() override { return client_->source(); }
  Sink& sink() override { return client_->sink(); }
  asio::awaitable<void> attend() override { co_await broker_.keep_running(); }
  asio::awaitable<void> close(bool hurried) override {
    const SteadyTime until = std::chrono::steady_clock::now() + kEndTime;
    if (client_) {
      asio::steady_timer timer(reactor_.executor(), until);
      co_await (client_->close(hurried) || timer.async_wait(asio::use_awaitable));
    }
    if (!joined_) co_return;
    const auto left =
        std::chrono::duration_cast<Milliseconds>(until - std::chrono::steady_clock::now());
    co_await broker_.leave(std::max(kLeastPatience, left));
  }
  EndStatus status() const override { return client_ ? client_->status() : EndStatus(); }
  void tell_skipped() override {
    if (client_) client_->tell_skipped();
  }

 private:
  static constexpr Milliseconds kEndTime = 2s;  // for our client and the broker in all
  static constexpr Milliseconds kLeastPatience = 200ms;
  static constexpr Milliseconds kFirstPause = 100ms;
  static constexpr Milliseconds kMostPause = 1s;  // nobody else is hammered by that

  Reactor& reactor_;
  EndOptions options_;
  EndUse use_;
  SharedBroker& broker_;
  bool joined_ = false;
  std::unique_ptr<RemoteEnd> client_;
};

class ProgramEnd final : public End {
 public:
  ProgramEnd(Reactor& reactor, Shutdown& shutdown, const EndOptions& options, EndUse use)
      : End({.name = options.name, .local = true, .payload_only = payload_only(options.framing)}),
        shutdown_(shutdown),
        use_(use),
        skipped_(options.name),
        answers_(options.ack_lines && !use.read),
        program_(reactor,
                 {options.endpoint.text, options.framing, options.transport, use.write, use.read,
                  answers_, [this](const Error& why) { skipped_.add(why.text()); }}) {}
  asio::awaitable<Result<void>> open() override { co_return program_.start(); }
  Source& source() override { return program_; }
  Sink& sink() override { return program_; }
  // Of who only reads, nobody else sees that it has ended while nothing is written.
  asio::awaitable<void> attend() override {
    if (use_.read) co_return;
    if (answers_) co_await program_.take_answers();
    Error how = co_await program_.ended();
    failure_ = std::move(how);
    shutdown_.request();
  }
  EndStatus status() const override {
    return {.skipped = skipped_.number() + program_.refused(), .failure = failure_};
  }
  void tell_skipped() override { skipped_.tell(); }

 private:
  Shutdown& shutdown_;
  EndUse use_;
  Skipped skipped_;
  bool answers_;
  std::optional<Error> failure_;
  ExecEnd program_;
};

class FileEnd final : public End {
 public:
  FileEnd(Reactor& reactor, const EndOptions& options, EndUse use)
      : End({.name = options.name, .local = true, .payload_only = payload_only(options.framing)}),
        skipped_(options.name),
        hang_ups_(reactor.executor()) {
    // Those who move logs away say so; they must not end what writes them.
    if (use.write) hang_ups_.add(SIGHUP);
    const FileOptions file{.path = options.endpoint.text,
                           .framing = options.framing,
                           .transport = options.transport,
                           .from_beginning = options.from_start,
                           .rotation = options.rotation,
                           .on_skipped = [this](const Error& why) { skipped_.add(why.text()); }};
    if (use.read) source_.emplace(reactor, file);
    if (use.write) sink_.emplace(reactor, file);
  }
  asio::awaitable<Result<void>> open() override {
    if (!sink_) co_return Result<void>();
    co_return sink_->open();
  }
  asio::awaitable<void> attend() override {
    while (sink_) {
      co_await hang_ups_.async_wait(asio::use_awaitable);
      Log::info(facts().name + ": opened again");
      sink_->reopen();
    }
  }
  Source& source() override { return *source_; }
  Sink& sink() override { return *sink_; }
  EndStatus status() const override {
    return {.lost = sink_ && sink_->waits(),
            .skipped = skipped_.number() + (sink_ ? sink_->refused() : 0)};
  }
  void tell_skipped() override { skipped_.tell(); }

 private:
  Skipped skipped_;
  asio::signal_set hang_ups_;
  std::optional<FileSource> source_;
  std::optional<FileSink> sink_;
};

// A channel, or all channels, of a hub in this process.
class HubEnd final : public End {
 public:
  HubEnd(Reactor& reactor, RelayServers& servers, const EndOptions& options)
      : End({.name = options.name}),
        server_(servers.server(options.hub)),
        channel_(options.endpoint.listen.channel),
        scheme_(options.endpoint.served == Transport::ws ? "ws" : "http"),
        skipped_(options.name, options.keep_refused) {
    // Before it listens: nothing that is published is missed.
    HubSide::Options side;
    side.channel = channel_;
    side.on_skipped = [this](const Message& message, const Error& why) {
      skipped_.add(message, why.text());
    };
    side_.emplace(reactor, server_.service(), std::move(side));
  }

  asio::awaitable<Result<void>> open() override {
    Log::ready("listening " + server_.url(scheme_, channel_));
    co_return Result<void>();
  }
  Source& source() override { return *side_; }
  Sink& sink() override { return *side_; }
  EndStatus status() const override { return {.skipped = skipped_.number()}; }
  void tell_skipped() override { skipped_.tell(); }

 private:
  HubServer& server_;
  std::string channel_;
  std::string scheme_;
  Skipped skipped_;
  std::optional<HubSide> side_;
};

}  // namespace

Result<std::unique_ptr<End>> make_end(Reactor& reactor, Shutdown& shutdown, RelayServers& servers,
                                      EndOptions options, EndUse use) {
  using Made = std::unique_ptr<End>;
  const RelayEndpoint& endpoint = options.endpoint;
  if (use.read) {
    if (Result<void> possible = check_source(endpoint); !possible) return possible.error();
  }
  switch (endpoint.kind) {
    case Kind::stdio:
      return Made(std::make_unique<StdioEnd>(reactor, shutdown, options, use));
    case Kind::exec:
      return Made(std::make_unique<ProgramEnd>(reactor, shutdown, options, use));
    case Kind::file:
      return Made(std::make_unique<FileEnd>(reactor, options, use));
    case Kind::serve:
      if (endpoint.served == Transport::mqtt)
        return Made(std::make_unique<BrokerEnd>(reactor, servers, std::move(options), use));
      return Made(std::make_unique<HubEnd>(reactor, servers, options));
    default:
      return Made(make_remote_end(reactor, options, use));
  }
}

}  // namespace rt
