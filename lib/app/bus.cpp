#include "app/bus.hpp"

#include <algorithm>
#include <asio/experimental/awaitable_operators.hpp>
#include <asio/steady_timer.hpp>
#include <asio/use_awaitable.hpp>
#include <functional>
#include <optional>
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

#include "app/connection.hpp"
#include "app/reconnect.hpp"
#include "base/log.hpp"
#include "base/random.hpp"
#include "base/text.hpp"
#include "io/hub/side.hpp"
#include "io/loop/notifier.hpp"
#include "model/topic.hpp"

namespace rt {
namespace {

using namespace asio::experimental::awaitable_operators;

constexpr std::size_t kMostTold = 100;  // names
constexpr std::chrono::seconds kSessionExpiry = 4h;
constexpr Milliseconds kOwnFirstPause = 100ms;
constexpr Milliseconds kOwnPause = 1s;  // nobody else is hammered by that

MqttClientOptions bus_options(const BusOptions& bus) {
  MqttClientOptions options = bus.mqtt;
  if (options.client_id.empty())
    options.client_id = Random::from_system().next_name("rtwire-hub-", 12);
  // The identifier is new, so there is no session yet. Mosquitto keeps over its own restart only a
  // session that was not asked to be new.
  options.clean = false;
  options.session_expiry = kSessionExpiry;
  options.protocol = MqttProtocol::v5;
  options.qos = 1;
  options.filters = {"#"};
  options.retained = Retained::all;
  options.no_local = true;
  options.buffer.reset();
  return options;
}

// The names that something was said about: strangers choose them, so not any number of them.
class ToldNames {
 public:
  void tell(const std::string& name, const std::string& text) {
    if (told_.size() > kMostTold || !told_.insert(name).second) return;
    if (told_.size() <= kMostTold)
      Log::warn(text);
    else
      Log::warn("more names are skipped, and told of no more: see /-/metrics");
  }

 private:
  std::unordered_set<std::string> told_;
};

}  // namespace

struct Bus::State {
  State(Reactor& its_reactor, HubService& its_service, BusOptions its_options)
      : reactor(its_reactor),
        service(its_service),
        options(std::move(its_options)),
        own_broker(options.mqtt.own_broker),
        name(options.mqtt.endpoint.display()),
        side(reactor, service, side_options()),
        progress(reactor.executor()),
        session(bus_options(options)),
        mqtt(reactor, session) {
    make_link(reconnecting(false));
    service.pages().add_metrics(this, [this] { return metrics(); });
  }
  ~State() { service.pages().forget_metrics(this); }

  ReconnectOptions reconnecting(bool retry_first) const {
    ReconnectOptions out;
    out.retry_first = retry_first;
    if (own_broker) out.first = kOwnFirstPause;
    out.most = own_broker ? kOwnPause : options.most_pause;
    out.advise = !options.retry_first;
    out.tell = !own_broker;
    return out;
  }

  // The hub's publishers choose what comes: the other messages must not suffer from it.
  void make_link(const ReconnectOptions& reconnect) {
    link.emplace(reactor, mqtt, name, reconnect);
    link->skip_refused([this](const MessagePtr& message, const Error& why) {
      if (message != nullptr) return skip(*message, why.text());
      ++skipped;
      told.tell(why.text(), name + ": " + why.text());
    });
  }

  HubSide::Options side_options() {
    HubSide::Options with;
    with.fill_only_empty = true;
    with.relay_id = Random::from_system().next_name("hub-", 12);
    with.on_skipped = [this](const Message& message, const Error& why) {
      told.tell(message.channel,
                "skipped from MQTT: " + printable(topic_of(message.channel)) + ": " + why.text());
    };
    return with;
  }

  // The URL without the topic, for which nothing must be escaped.
  std::string broker_address() const {
    Endpoint broker = options.mqtt.endpoint;
    broker.target = "/";
    std::string url = broker.display();
    url.pop_back();
    return url;
  }

  std::vector<Metric> metrics() const {
    return {
        {"mqtt_received_total", "counter", "Messages that came from the MQTT broker.", received},
        {"mqtt_sent_total", "counter", "Messages that went to the MQTT broker.", sent},
        {"mqtt_skipped_total", "counter", "Messages that one of the two sides cannot name.",
         skipped + side.skipped()},
        {"mqtt_lost_total", "counter", "Messages that left the window before they could be sent.",
         side.missed()},
        {"mqtt_reconnects_total", "counter", "Attempts to mend the connection to the MQTT broker.",
         reconnects_before + link->reconnects()},
        {"mqtt_connected", "gauge", "1 while the connection to the MQTT broker stands.",
         mqtt.is_open() ? 1u : 0u},
        {"mqtt_broker", "gauge", "Where the MQTT broker is, as the hub reaches it.", 1,
         "{url=\"" + broker_address() + "\"}"},
    };
  }

  asio::awaitable<Result<void>> receive() {
    for (;;) {
      const Result<Batch> batch = co_await link->read();
      if (!batch) co_return batch.error();
      if (batch->empty()) co_return Error(Fault::closed, "the broker has ended the session");
      received += batch->size();
      const Result<void> written = co_await side.write(*batch);
      if (!written) co_return written.error();
      link->commit();
    }
  }

  asio::awaitable<Result<void>> send() {
    for (;;) {
      Result<Batch> batch = co_await side.read();
      if (!batch) co_return batch.error();
      sending = true;
      std::erase_if(*batch, [this](const MessagePtr& message) { return !can_send(*message); });
      const std::uint64_t skipped_before = skipped;
      given += batch->size();
      const Result<void> written = co_await link->write(*batch);
      if (!written) co_return written.error();
      sent += batch->size() - std::min<std::uint64_t>(batch->size(), skipped - skipped_before);
      sending = false;
      progress.notify_all();
    }
  }

  bool can_send(const Message& message) {
    if (message.gap) {
      Log::warn(name + ": " + std::to_string(message.gap->missed.value_or(0)) +
                " messages left the hub's window before they could be sent");
      return false;
    }
    // What is not encoded holds nothing that MQTT does not know.
    const bool plain = message.channel.find('%') == std::string::npos;
    if (plain ? message.channel.size() > 1 : valid_topic(topic_of(message.channel))) return true;
    skip(message, "it cannot be an MQTT topic");
    return false;
  }

  void skip(const Message& message, const std::string& why) {
    ++skipped;
    told.tell(message.channel, "not sent to MQTT: " + printable(message.channel) + ": " + why);
  }

  // Of all that was published, what the broker has not acknowledged.
  Result<void> all_passed_on() {
    const std::uint64_t unfinished =
        given - link->taken().messages + link->outstanding().waiting.messages + side.drop_unread();
    if (unfinished == 0) return {};
    return Error(Fault::lost, name + ": ended before " + std::to_string(unfinished) +
                                  (unfinished == 1 ? " message" : " messages") +
                                  " could be passed on to it");
  }

  Reactor& reactor;
  HubService& service;
  BusOptions options;
  const bool own_broker;
  const std::string name;
  ToldNames told;
  HubSide side;
  Notifier progress;  // a batch has been sent
  const MqttClientOptions session;
  MqttConnection mqtt;
  std::optional<Reconnecting> link;
  std::uint64_t received = 0;
  std::uint64_t given = 0;  // to the link
  std::uint64_t sent = 0;
  std::uint64_t skipped = 0;
  std::uint64_t reconnects_before = 0;
  bool sending = false;
};

namespace {

// A broker without MQTT 5 may hang up without a word. Leaves nothing there.
asio::awaitable<bool> speaks_only_v311(Reactor& reactor, MqttClientOptions options) {
  options.connect_timeout = std::min<Milliseconds>(options.connect_timeout, 5s);
  MqttClient client(reactor, std::move(options));
  const Result<void> connected = co_await client.connect();
  const bool found = connected && !client.speaks_v5();
  co_await client.close();
  co_return found;
}

// The broker would go on collecting messages for a session that nobody comes back to. A new one
// that does not outlive its connection takes its place.
asio::awaitable<void> discard_session(Reactor& reactor, MqttClientOptions options) {
  options.clean = true;
  options.session_expiry.reset();
  options.filters.clear();
  options.connect_timeout = 1s;
  MqttClient client(reactor, std::move(options));
  const Result<void> connected = co_await client.connect();
  if (!connected) Log::info("the session at the broker stays: " + connected.error().text());
  co_await client.close();
}

}  // namespace

Bus::Bus(Reactor& reactor, HubService& service, BusOptions options)
    : state_(std::make_unique<State>(reactor, service, std::move(options))) {}

Bus::~Bus() = default;

asio::awaitable<Result<void>> Bus::connect() {
  State& state = *state_;
  const Result<void> first = co_await state.link->connect();
  if (first) co_return first;
  const Error& why = first.error();
  bool too_old = false;
  if (why.fault() == Fault::network)
    too_old = co_await speaks_only_v311(state.reactor, state.options.mqtt);
  if (too_old)
    co_return Error(Fault::protocol,
                    "the broker speaks no MQTT 5: without its No Local, everything that the hub "
                    "publishes would come back")
        .within(state.name);
  if (!state.options.retry_first || why.fatal()) co_return why;
  Log::warn(why.text() + "; the hub serves without it until it is there");
  state.make_link(state.reconnecting(true));
  ++state.reconnects_before;
  co_return Result<void>();
}

asio::awaitable<Error> Bus::run() {
  auto either = co_await (state_->receive() || state_->send());
  Result<void> ended =
      either.index() == 0 ? std::get<0>(std::move(either)) : std::get<1>(std::move(either));
  co_return ended.error();
}

asio::awaitable<Result<void>> Bus::drain(SteadyTime until) {
  State& state = *state_;
  // A connection that is lost meanwhile notifies nobody: it is looked after once more at the end.
  while (state.mqtt.is_open() && (state.sending || state.side.has_unread()) &&
         std::chrono::steady_clock::now() < until)
    co_await state.progress.wait_until(until);
  if (state.mqtt.is_open()) {
    asio::steady_timer timer(state.reactor.context(), until);
    (void)co_await (state.link->finish() || timer.async_wait(asio::use_awaitable));
  }
  co_return state.all_passed_on();
}

asio::awaitable<void> Bus::close() {
  const bool was_open = state_->mqtt.is_open();
  const bool own = state_->own_broker;
  co_await state_->mqtt.close(own);
  if (was_open && !own) co_await discard_session(state_->reactor, state_->session);
}

}  // namespace rt
