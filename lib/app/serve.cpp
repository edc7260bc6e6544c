#include "app/serve.hpp"

#include <algorithm>
#include <asio/co_spawn.hpp>
#include <asio/experimental/awaitable_operators.hpp>
#include <asio/post.hpp>
#include <chrono>
#include <exception>
#include <optional>

#include "app/hub_recorder.hpp"
#include "app/hub_server.hpp"
#include "app/input_source.hpp"
#include "app/replay_source.hpp"
#include "app/serve_output.hpp"
#include "base/log.hpp"
#include "io/stdio/standard_input.hpp"

namespace rt {
namespace {

using namespace asio::experimental::awaitable_operators;

constexpr Milliseconds kBrokerTime = 2s;  // in all, at the end
constexpr Milliseconds kLeastPatience = 200ms;

// A hub with its front ends and its two ends on stdio.
class Server final : private AppendListener {
 public:
  Server(Reactor& reactor, Shutdown& shutdown, ServeOptions options)
      : reactor_(reactor),
        shutdown_(shutdown),
        options_(std::move(options)),
        hub_(reactor, options_.hub),
        service_(hub_.service()),
        input_(reactor),
        output_(reactor, service_,
                {options_.output_fd, options_.output_name, options_.framing, options_.transport}),
        input_token_(service_.publisher().new_token()),
        progress_(reactor.executor()) {}
  ~Server() {
    service_.pages().forget_metrics(this);
    if (appending_ > 0) service_.log().forget(*this);
  }
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  asio::awaitable<Result<void>> run() {
    const Result<std::uint16_t> port = hub_.listen();
    if (!port) co_return port.error();
    Result<void> served = co_await serve_with_mqtt();
    // A stdin that is read no more must not call into what is about to go.
    stopping_ = true;
    co_await end_mqtt();
    if (!served) co_return served;
    if (failed_) co_return *failed_;
    if (recorder_) {
      const Result<void> recorded = co_await recorder_->finish();
      if (!recorded) co_return recorded;
    }
    co_return co_await output_.finish(shutdown_.patience_ends());
  }

 private:
  asio::awaitable<Result<void>> serve_with_mqtt() {
    auto started = co_await (start_mqtt() || shutdown_.wait());
    if (started.index() == 1) co_return Result<void>();
    if (const Result<void>& result = std::get<0>(started); !result) co_return result;
    begin_recording();
    if (options_.use_stdio) connect_stdio();
    output_.begin();
    tell_ready();
    // The MQTT side goes on while the rest comes to its end.
    auto ended = co_await (mqtt_failure() || ordered_end());
    if (ended.index() == 0) co_return std::get<0>(std::move(ended));
    co_return Result<void>();
  }

  void tell_ready() {
    std::vector<std::string> urls = hub_.urls(options_.scheme, options_.hub.address.channel);
    if (broker_) urls.insert(urls.begin(), broker_->url());
    std::string all = "listening";
    for (const std::string& url : urls) {
      Log::ready("listening " + url);
      all += " " + url;
    }
    options_.notify.ready(all);
  }

  void begin_recording() {
    if (options_.record.file == nullptr) return;
    options_.record.url = hub_.urls(options_.scheme, options_.hub.address.channel).front();
    recorder_.emplace(reactor_, service_, std::move(options_.record), input_token_,
                      options_.hub.service.output_channel, [this] { shutdown_.request(); });
  }

  asio::awaitable<Result<void>> start_mqtt() {
    std::optional<BusOptions> bus = options_.bus;
    if (options_.mqtt) {
      broker_.emplace(reactor_, *options_.mqtt);
      Result<void> started = co_await broker_->start();
      if (!started) co_return started;
      service_.pages().add_metrics(this, [this] { return broker_metrics(); });
      if (!bus) bus.emplace();
      bus->mqtt.endpoint.transport = Transport::mqtt;
      bus->mqtt.endpoint.host = broker_->host();
      bus->mqtt.endpoint.port = broker_->port();
      bus->mqtt.max_message = options_.mqtt->max_message;
      broker_->adopt(bus->mqtt);
    }
    if (!bus) co_return Result<void>();
    MakeCarrier tunnel = carrier_of(bus->mqtt, broker_.has_value());
    bus_.emplace(reactor_, service_, std::move(*bus));
    Result<void> connected = co_await bus_->connect();
    if (!connected) co_return connected;
    hub_.tunnel_mqtt(std::move(tunnel), broker_ ? 1 : 4);
    co_return Result<void>();
  }

  std::vector<Metric> broker_metrics() const {
    return {{"mqtt_broker_restarts_total", "counter",
             "How often the broker beside the hub was started again.", broker_->restarts()},
            {"mqtt_retained_bytes", "gauge",
             "Bytes of the broker's memory for what the hub had it retain.",
             broker_->retention().bytes()},
            {"mqtt_not_retained_total", "counter",
             "Messages that the hub gave its broker to pass on, but not to retain.",
             broker_->retention().refused()}};
  }

  // Completes when the MQTT side cannot go on; without one never.
  asio::awaitable<Result<void>> mqtt_failure() {
    if (!bus_) {
      Notifier never(reactor_.executor());
      for (;;) co_await never.wait();
    }
    if (!broker_) {
      Error failed = co_await bus_->run();
      co_return failed;
    }
    auto either = co_await (bus_->run() || broker_->keep_running());
    // The other never ends.
    co_return std::get<0>(std::move(either));
  }

  asio::awaitable<void> ordered_end() {
    co_await shutdown_.wait();
    options_.notify.stopping();
    // A service manager may have told it, too.
    if (broker_) broker_->expect_end();
    co_await hub_.drain(shutdown_.patience_ends());
    const SteadyTime until = shutdown_.patience_ends();
    broker_patience_ = std::min(std::chrono::steady_clock::now() + kBrokerTime, until);
    if (!bus_) co_return;
    const Result<void> drained = co_await bus_->drain(broker_ ? *broker_patience_ : until);
    if (!drained) failed_ = drained.error();
  }

  // A broker that has not taken the last messages in its time gets no other.
  asio::awaitable<void> end_mqtt() {
    if (bus_) co_await bus_->close();
    if (!broker_) co_return;
    const SteadyTime now = std::chrono::steady_clock::now();
    const SteadyTime until = broker_patience_.value_or(now + kBrokerTime);
    co_await broker_->stop(
        std::max(kLeastPatience, std::chrono::duration_cast<Milliseconds>(until - now)));
  }

  void connect_stdio() {
    // What stdin brings does not come out again.
    output_.follow(input_token_, options_.hub.service.output_channel);
    output_.on_end([this] {
      if (const Result<void> failure = output_.failure(); !failure) failed_ = failure.error();
      shutdown_.request();
    });
    if (options_.replay)
      service_.on_first_request([this] { start_input(publish_recording()); });
    else if (options_.read_stdin)
      start_input(publish_input());
  }

  void start_input(asio::awaitable<void> input) {
    asio::co_spawn(reactor_.context(), std::move(input), [](const std::exception_ptr& thrown) {
      if (thrown) std::rethrow_exception(thrown);
    });
  }

  asio::awaitable<void> publish_input() {
    FrameDecoder decoder(options_.framing);
    const std::string channel =
        options_.hub.address.channel.empty() ? "/" : options_.hub.address.channel;
    input_.prepare(options_.framing);
    bool more = true;
    while (more && !stopping_) {
      Result<std::string> bytes = co_await input_.read();
      if (stopping_) co_return;
      if (!bytes) co_return end_input(bytes.error());
      more = !bytes->empty();
      Batch batch;
      const Result<void> decoded = more ? decoder.receive(*bytes, batch) : decoder.finish(batch);
      tell_if_cut(decoder);
      if (const auto failed = co_await publish(channel, batch)) co_return end_input(*failed);
      if (!decoded) co_return end_input(decoded.error().within("stdin"));
    }
    if (options_.exit_on_eof) shutdown_.request();
  }

  asio::awaitable<void> publish_recording() {
    ReplaySource source(reactor_, *options_.replay, ReplayChoice::For::server);
    const std::string channel =
        options_.hub.address.channel.empty() ? "/" : options_.hub.address.channel;
    while (!stopping_) {
      const Result<Batch> batch = co_await source.read();
      if (stopping_) co_return;
      if (!batch) co_return end_input(batch.error());
      if (batch->empty()) break;
      if (const auto failed = co_await publish(channel, *batch)) co_return end_input(*failed);
    }
    if (options_.exit_on_eof) shutdown_.request();
  }

  // Completes when the log has them.
  asio::awaitable<std::optional<Error>> publish(const std::string& channel, const Batch& batch) {
    for (const MessagePtr& message : batch)
      if (const auto failed = publish(channel, *message)) co_return failed;
    input_waits_ = true;
    while (appending_ > 0) co_await progress_.wait();
    input_waits_ = false;
    if (not_appended_) co_return not_appended_;
    // Others get a turn between two chunks.
    co_await asio::post(reactor_.context(), asio::use_awaitable);
    co_return std::nullopt;
  }

  std::optional<Error> publish(const std::string& channel, Message message) {
    message.channel = channel;
    message.time = wall_now();
    Record record{channel, std::make_shared<Message>(std::move(message)), input_token_};
    ++appending_;
    auto failed = service_.publisher().append({&record, 1}, *this);
    if (failed) --appending_;
    return failed;
  }

  void on_appended(const Result<MessageId>& first) override {
    if (!first) not_appended_ = first.error();
    if (--appending_ == 0 && input_waits_) progress_.notify_all();
  }

  // The clients are not to suffer from a bad line here: the server goes on without stdin, and tells
  // the error again by its exit code.
  void end_input(const Error& error) {
    if (options_.exit_on_eof) {
      failed_ = error;
      return shutdown_.request();
    }
    Log::error(error.text() + " (nothing more is read from stdin)");
    if (error.fault() == Fault::usage) failed_ = error;
  }

  Reactor& reactor_;
  Shutdown& shutdown_;
  ServeOptions options_;
  HubServer hub_;
  HubService& service_;
  std::optional<Broker> broker_;
  std::optional<Bus> bus_;
  StandardInput input_;
  ServeOutput output_;
  std::optional<HubRecorder> recorder_;
  const void* const input_token_;  // the origin of what stdin brings
  Notifier progress_;              // of what the log takes from stdin
  std::optional<Error> failed_;
  std::optional<Error> not_appended_;
  std::size_t appending_ = 0;  // messages from stdin that the log has not answered for
  bool input_waits_ = false;   // for them
  bool stopping_ = false;
  std::optional<SteadyTime> broker_patience_;
};

}  // namespace

asio::awaitable<Result<void>> serve(Reactor& reactor, Shutdown& shutdown, ServeOptions options) {
  // On the heap: what is posted to the loop may refer to it until the loop has stopped.
  const auto server = std::make_unique<Server>(reactor, shutdown, std::move(options));
  Result<void> result = co_await server->run();
  co_return result;
}

}  // namespace rt
