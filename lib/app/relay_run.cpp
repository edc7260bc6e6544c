#include "app/relay_run.hpp"

#include <algorithm>
#include <asio/experimental/awaitable_operators.hpp>
#include <asio/steady_timer.hpp>
#include <asio/use_awaitable.hpp>
#include <map>
#include <memory>
#include <optional>
#include <utility>

#include "app/around_end.hpp"
#include "app/relay.hpp"
#include "app/relay_loops.hpp"
#include "app/relay_losses.hpp"
#include "app/relay_recording.hpp"
#include "base/log.hpp"
#include "base/random.hpp"

namespace rt {
namespace {

using namespace asio::experimental::awaitable_operators;

// A hub and a broker cannot both have a port.
Result<void> check_ports(const RelayOptions& options) {
  std::vector<const RelayEndpoint*> served;
  for (const auto* const ends : {&options.from, &options.to})
    for (const EndOptions& end : *ends)
      if (end.endpoint.kind == RelayEndpoint::Kind::serve && end.endpoint.listen.port != 0)
        served.push_back(&end.endpoint);
  for (const RelayEndpoint* const hub : served)
    for (const RelayEndpoint* const broker : served) {
      if (hub->served == Transport::mqtt || broker->served != Transport::mqtt) continue;
      if (!may_be_same_listener(hub->listen, broker->listen)) continue;
      return Error(Fault::usage, hub->display() + " and " + broker->display() +
                                     " cannot share a port: one is a hub, the other a broker");
    }
  return {};
}

}  // namespace

Result<void> check_relay_ends(RelayOptions& options) {
  if (options.both && (options.from.size() != 1 || options.to.size() != 1))
    return Error(Fault::usage, "--both is between one FROM and one TO");
  if (options.both && options.route.renames())
    return Error(Fault::usage,
                 "--both and --map: names cannot be changed back; run a relay for each way");
  if (options.both) {
    for (const EndOptions* const end : {&options.from[0], &options.to[0]})
      if (end->endpoint.kind == RelayEndpoint::Kind::file)
        return Error(Fault::usage, "--both and " + end->endpoint.display() +
                                       ": what is appended to the file would be read from it and "
                                       "sent back; name one file for each way, in two relays");
  }
  if (Result<void> ports = check_ports(options); !ports) return ports;
  for (EndOptions& from : options.from) {
    if (!options.dead_letter) break;
    const Result<Loop> loop = check_loop(from.endpoint, options.dead_letter->endpoint,
                                         options.route, {from.mqtt.filters, from.mqtt.excludes});
    if (!loop) return loop.error().within("--dead-letter");
  }
  for (EndOptions& from : options.from)
    for (EndOptions& to : options.to) {
      const Result<Loop> loop = check_loop(from.endpoint, to.endpoint, options.route,
                                           {from.mqtt.filters, from.mqtt.excludes});
      if (!loop) return loop.error();
      if (*loop == Loop::none) continue;
      if (from.mqtt.protocol == MqttProtocol::v311 || to.mqtt.protocol == MqttProtocol::v311)
        return Error(Fault::usage,
                     from.endpoint.display() + " may read what is written to " +
                         to.endpoint.display() +
                         ": with MQTT 3.1.1 nothing keeps a message from going round for ever "
                         "(leave out --protocol, or name a topic to publish to)");
      from.mqtt.protocol = to.mqtt.protocol = MqttProtocol::v5;
    }
  return {};
}

class RelayRun::State {
 public:
  State(Reactor& reactor, Shutdown& shutdown, RelayOptions options)
      : reactor_(reactor),
        shutdown_(shutdown),
        options_(std::move(options)),
        report_(options_.report),
        servers_(reactor),
        forever_(reactor.executor()) {
    for (const EndOptions& end : options_.from) from_names_.push_back(end.name);
    for (const EndOptions& end : options_.to) to_names_.push_back(end.name);
    if (options_.record.file) recording_.emplace(reactor_, shutdown_, std::move(options_.record));
    if (options_.timeout) deadline_ = std::chrono::steady_clock::now() + *options_.timeout;
  }

  asio::awaitable<Result<void>> run() {
    Result<void> result = co_await run_all();
    co_return report_.close(std::move(result), shutdown_.signal(), {}, totals());
  }

  Totals totals() const {
    Totals out;
    bool back = false;
    for (const RelayFigures& figures : figures()) {
      RouteTraffic route;
      route.from = back ? to_names_ : from_names_;
      route.to = back ? from_names_ : to_names_;
      route.traffic = {figures.messages, figures.bytes, {}};
      if (figures.first) route.traffic.first = report_.time_of(*figures.first);
      route.dropped = figures.dropped;
      route.unfinished = figures.lag;
      out.unfinished += figures.lag;
      out.reconnects += figures.reconnects;
      out.routes.push_back(std::move(route));
      back = true;
    }
    out.lost = relay_ ? relay_->lost() : 0;
    for (const auto* const ends : {&to_, &from_})
      for (const auto& end : *ends) {
        const EndStatus status = end->status();
        out.refused += status.skipped + refused_around(*end);
        out.uncertain = out.uncertain || status.doubt.has_value();
      }
    return out;
  }

  std::uint64_t left() const { return relay_ ? relay_->left() : 0; }
  std::string lost_end() const {
    for (const auto* const ends : {&from_, &to_})
      for (const auto& end : *ends)
        if (end->status().lost)
          return end->facts().name +
                 (end->facts().local ? " is not to be had" : " is not connected");
    return {};
  }

 private:
  asio::awaitable<Result<void>> run_all() {
    if (Result<void> made = make(); !made) co_return made;
    if (Result<void> listening = servers_.listen(); !listening) co_return listening;
    Result<void> result = co_await open_and_relay();
    const Result<void> kept = co_await keep_ways();
    if (result && !kept) result = kept;
    for (auto& end : to_) end->tell_skipped();
    if (dead_letters_) dead_letters_->tell();
    for (auto& end : from_) end->tell_skipped();
    const bool asked_for = shutdown_.requested() || std::chrono::steady_clock::now() >=
                                                        deadline_.value_or(SteadyTime::max());
    for (auto& end : to_) co_await end->close(asked_for);
    for (auto& end : from_) co_await end->close(asked_for);
    for (auto& end : dead_end_) co_await end->close(asked_for);
    co_await servers_.drain(shutdown_.patience_ends());
    if (recording_)
      if (Result<void> recorded = co_await recording_->finish(); !recorded) co_return recorded;
    if (!result) co_return result;
    co_return final_word();
  }

  Result<void> make() {
    if (Result<void> checked = check_relay_ends(options_); !checked) return checked;
    tell_lost_topics(options_.from, options_.to);
    const EndUse source{.read = true, .write = options_.both};
    const EndUse sink{.read = options_.both, .write = true};
    if (options_.dead_letter) {
      dead_letters_.emplace(reactor_, options_.dead_letter->name);
      const EndUse takes{.read = false, .write = true};
      Result<void> made = add_end(dead_end_, std::move(*options_.dead_letter), takes);
      if (!made) return made;
    }
    for (auto* const ends : {&options_.to, &options_.from})
      for (EndOptions& end : *ends) keep_refused(end);
    for (EndOptions& end : options_.to)
      if (Result<void> made = add_end(to_, std::move(end), sink); !made) return made;
    for (EndOptions& end : options_.from)
      if (Result<void> made = add_end(from_, std::move(end), source); !made) return made;
    return {};
  }

  void keep_refused(EndOptions& end) {
    if (!dead_letters_) return;
    end.keep_refused = [this](const std::string& who, const Message& message,
                              std::string_view why) { dead_letters_->add(who, message, why); };
  }

  Result<void> add_end(std::vector<std::unique_ptr<End>>& ends, EndOptions options, EndUse use) {
    // Nothing is connected to before there is a message for it.
    if (use.write && options.endpoint.is_remote() &&
        options.endpoint.kind != RelayEndpoint::Kind::ws &&
        options.endpoint.kind != RelayEndpoint::Kind::mqtt)
      Log::info(options.name + ": connected to when there is a message for it");
    EndHandling handling = std::move(options.handling);
    const RelayEndpoint endpoint = options.endpoint;
    const auto keep = options.keep_refused;
    auto end = make_end(reactor_, shutdown_, servers_, std::move(options), use);
    if (!end) return end.error();
    if (recording_) recording_->add(**end, endpoint);
    unwrapped_.push_back({end->get(), std::move(handling), keep, use});
    ends.push_back(std::move(*end));
    return {};
  }

  // Puts around each end's source and sink what is done with its messages; an end may have them
  // only once it stands.
  void wrap_all() {
    for (Unwrapped& one : unwrapped_) {
      AroundEnd& around = wrapped_[one.end];
      End& end = *one.end;
      if (one.use.read)
        around.read_by(reactor_, shutdown_, end,
                       recording_ ? recording_->source_of(end) : end.source(), one.handling);
      if (one.use.write)
        around.write_by(reactor_, end, recording_ ? recording_->sink_of(end) : end.sink(),
                        one.handling, one.keep);
    }
    if (dead_letters_) dead_letters_->deliver_to(*wrapped_[dead_end_.front().get()].sink);
  }

  // Errors: a way cannot be kept.
  asio::awaitable<Result<void>> keep_ways() {
    for (auto& [end, around] : wrapped_) {
      if (around.skipped) around.skipped->tell();
      if (!around.keeping) continue;
      if (Result<void> kept = co_await around.keeping->finish(); !kept) co_return kept;
    }
    co_return Result<void>();
  }

  asio::awaitable<Result<void>> open_and_relay() {
    asio::steady_timer timer(reactor_.executor(), deadline_.value_or(SteadyTime::max()));
    auto opened = co_await (open() || shutdown_.wait() || timer.async_wait(asio::use_awaitable));
    if (opened.index() == 1) co_return Result<void>();
    if (opened.index() == 2)
      co_return Error(Fault::timeout, "not everything was connected within --timeout");
    if (Result<void> stands = std::get<0>(std::move(opened)); !stands) co_return stands;

    wrap_all();
    relay_ = std::make_unique<Relay>(reactor_, shutdown_, paths(), rules());
    options_.notify.ready("relaying");
    if (options_.on_stands) options_.on_stands();
    auto ended = co_await (relay_->run(deadline_) || attend(0) || status());
    options_.notify.stopping();
    Result<void> result = std::get<0>(std::move(ended));
    if (result && relay_->deadline_passed() && options_.count && !shutdown_.requested())
      co_return Error(Fault::timeout, std::to_string(relay_->passed()) + " of " +
                                          std::to_string(*options_.count) +
                                          " messages came within --timeout");
    co_return result;
  }

  // Sinks first: nothing is read that could not be written.
  asio::awaitable<Result<void>> open() {
    for (auto* const ends : {&dead_end_, &to_})
      for (auto& end : *ends) {
        if (Result<void> open = co_await end->open(); !open) co_return open;
      }
    for (auto& end : from_) {
      if (Result<void> open = co_await end->open(); !open) co_return open;
    }
    co_return Result<void>();
  }

  RelayFrom from(End& end) { return wrapped_[&end].from(end); }
  RelayTo to(End& end) { return wrapped_[&end].to(end); }

  std::vector<RelayPath> paths() {
    std::vector<RelayPath> paths(options_.both ? 2 : 1);
    for (auto& end : from_) paths[0].from.push_back(from(*end));
    for (auto& end : to_) paths[0].to.push_back(to(*end));
    paths[0].route = options_.route;
    if (options_.both) {
      paths[1].from.push_back(from(*to_[0]));
      paths[1].to.push_back(to(*from_[0]));
      paths[1].route = options_.route;
    }
    return paths;
  }

  RelayRules rules() {
    Random random = Random::from_system();
    RelayRules rules;
    rules.relay_id = random.next_name("", 6);
    rules.hash = NameHash(random.next(), random.next());
    rules.count = options_.count;
    rules.content_type = options_.content_type;
    if (dead_letters_) rules.dead_letters = &*dead_letters_;
    if (options_.linger) rules.linger = *options_.linger;
    return rules;
  }

  asio::awaitable<void> never() {
    for (;;) co_await forever_.wait();
  }

  // Never completes.
  asio::awaitable<void> attend(std::size_t first) {
    std::vector<End*> all;
    for (const auto* const ends : {&to_, &from_, &dead_end_})
      for (const auto& end : *ends) all.push_back(end.get());
    if (first == all.size()) {
      co_await never();
      co_return;
    }
    co_await (all[first]->attend() && attend(first + 1));
  }

  asio::awaitable<void> status() {
    if (options_.status) co_await show_status(reactor_, [this] { return figures(); });
    for (;;) co_await forever_.wait();
  }

  std::vector<RelayFigures> figures() const {
    std::vector<RelayFigures> all(options_.both ? 2 : 1);
    if (relay_) all = relay_->figures();
    for (const auto* const ends : {&to_, &from_})
      for (const auto& end : *ends) {
        const EndStatus status = end->status();
        all.front().reconnects += status.reconnects;
        all.front().dropped += status.skipped;
      }
    return all;
  }

  std::uint64_t refused_around(const End& end) const {
    const auto found = wrapped_.find(&end);
    return found != wrapped_.end() && found->second.skipped ? found->second.skipped->number() : 0;
  }

  Result<void> final_word() {
    std::uint64_t lost = relay_ ? relay_->lost() : 0;
    std::optional<Error> perhaps;
    for (const auto* const ends : {&to_, &from_, &dead_end_})
      for (const auto& end : *ends) {
        const EndStatus status = end->status();
        if (status.failure) return *status.failure;
        lost += status.skipped + refused_around(*end);
        if (!status.doubt) continue;
        if (perhaps) Log::warn(perhaps->text());
        perhaps = status.doubt;
      }
    // What is certain has the last word.
    if (lost > 0 && perhaps) Log::warn(perhaps->text());
    if (lost > 0) return Error(Fault::lost, "messages were lost");
    if (perhaps) return *perhaps;
    return {};
  }

  struct Unwrapped {
    End* end;
    EndHandling handling;
    Skipped::Keep keep;
    EndUse use;
  };

  Reactor& reactor_;
  Shutdown& shutdown_;
  RelayOptions options_;
  RunReport report_;
  std::vector<std::string> from_names_;
  std::vector<std::string> to_names_;
  std::optional<SteadyTime> deadline_;
  RelayServers servers_;
  Notifier forever_;
  std::optional<DeadLetters> dead_letters_;
  std::vector<std::unique_ptr<End>> dead_end_;  // none or one
  std::vector<std::unique_ptr<End>> to_;
  std::vector<std::unique_ptr<End>> from_;
  std::optional<RelayRecording> recording_;
  std::vector<Unwrapped> unwrapped_;
  std::map<const End*, AroundEnd> wrapped_;
  std::unique_ptr<Relay> relay_;
};

RelayRun::RelayRun(Reactor& reactor, Shutdown& shutdown, RelayOptions options)
    : state_(std::make_unique<State>(reactor, shutdown, std::move(options))) {}
RelayRun::~RelayRun() = default;
asio::awaitable<Result<void>> RelayRun::run() {
  return state_->run();
}
Totals RelayRun::totals() const {
  return state_->totals();
}
std::uint64_t RelayRun::left() const {
  return state_->left();
}
std::string RelayRun::lost_end() const {
  return state_->lost_end();
}

bool relay_serves(const RelayOptions& options) {
  const auto serves = [](const EndOptions& end) {
    return end.endpoint.kind == RelayEndpoint::Kind::serve;
  };
  return std::any_of(options.from.begin(), options.from.end(), serves) ||
         std::any_of(options.to.begin(), options.to.end(), serves);
}

asio::awaitable<Result<void>> relay(Reactor& reactor, Shutdown& shutdown, RelayOptions options) {
  // On the heap: what is posted to the loop may refer to it until the loop has stopped.
  const auto run = std::make_unique<RelayRun>(reactor, shutdown, std::move(options));
  Result<void> result = co_await run->run();
  if (const std::uint64_t left = run->left(); left > 0) tell_not_passed_on(left);
  co_return result;
}

}  // namespace rt
