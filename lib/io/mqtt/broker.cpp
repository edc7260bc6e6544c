#include "io/mqtt/broker.hpp"

#include <algorithm>
#include <asio/co_spawn.hpp>
#include <asio/experimental/awaitable_operators.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/redirect_error.hpp>
#include <asio/steady_timer.hpp>
#include <asio/use_awaitable.hpp>
#include <csignal>
#include <exception>
#include <optional>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "base/log.hpp"
#include "base/random.hpp"
#include "base/text.hpp"
#include "engine/backoff.hpp"
#include "io/loop/notifier.hpp"
#include "io/mqtt/broker_configuration.hpp"
#include "io/mqtt/broker_lines.hpp"
#include "io/mqtt/broker_listeners.hpp"
#include "io/mqtt/broker_probe.hpp"
#include "io/mqtt/broker_program.hpp"
#include "io/mqtt/broker_store.hpp"
#include "io/mqtt/private_file.hpp"
#include "io/process/child.hpp"

namespace rt {
namespace {

using namespace asio::experimental::awaitable_operators;
using asio::ip::tcp;

constexpr Milliseconds kStartTime = 10s;
constexpr Milliseconds kSilence = 1s;  // of a broker that does not say when it is ready
constexpr Milliseconds kPause = 10ms;
constexpr Milliseconds kAtOnceAfter = 1s;
constexpr Milliseconds kStays = 10s;   // for so long it must have run to count as well
constexpr Milliseconds kFull = 250ms;  // for so long it has passed nothing on for want of memory
constexpr Milliseconds kForgets = 10s;
constexpr Milliseconds kAsksAgain = 50ms;
constexpr Milliseconds kLooksAgain = 1s;
constexpr int kPortsToTry = 5;
constexpr std::size_t kWithout = 2u << 20;  // bytes that it has before anybody comes, and more

}  // namespace

struct Broker::State : std::enable_shared_from_this<Broker::State> {
  State(Reactor& r, BrokerOptions o)
      : reactor(r),
        options(std::move(o)),
        lines([this](const std::string& line) { take_line(line); }),
        retention(options.memory,
                  NameHash(Random::from_system().next(), Random::from_system().next())),
        changed(r.executor()),
        for_ever(r.executor()) {}

  Result<void> take_store();
  Result<void> launch(const std::string& program);
  std::string configuration() const;
  asio::awaitable<void> drain(ChildProcess& from, bool errors);
  void take_line(const std::string& line);
  void end_full();
  bool may_retain(std::string_view topic, std::size_t payload);
  asio::awaitable<bool> takes_connections();
  asio::awaitable<bool> await_ready();
  asio::awaitable<void> rest_of_output();
  asio::awaitable<void> end_when_full();
  asio::awaitable<void> end_when_hung();
  std::string host() const;
  asio::awaitable<void> unless_stopping();
  asio::awaitable<void> open_retention();
  Error how_it_ended(int status) const;

  Reactor& reactor;
  BrokerOptions options;
  BrokerListeners listeners;
  PrivateFile file;
  BrokerStore store;
  std::shared_ptr<ChildProcess> child;
  BrokerLines lines;
  Retention retention;
  std::vector<std::string> clients;  // of this process
  bool says_running = false;
  bool stopping = false;
  bool anew = false;  // it is ended because it is to retain again
  bool told_retention = false;
  bool full = false;                       // and so it was ended
  bool hung = false;                       // likewise
  std::optional<SteadyTime> last_refused;  // a client, for want of memory
  int draining = 0;
  std::uint64_t restarts = 0;
  Notifier changed;
  Notifier for_ever;
};

Result<void> Broker::State::take_store() {
  if (options.store.empty() || store.is_open()) return {};
  Result<BrokerStore> taken = BrokerStore::open(options.store);
  if (!taken) return taken.error();
  store = *std::move(taken);
  options.store = store.directory();
  return {};
}

Result<void> Broker::State::launch(const std::string& program) {
  lines.clear();
  says_running = false;
  full = hung = anew = false;
  last_refused.reset();
  retention.begin(std::chrono::steady_clock::now());
  told_retention = retention.closed_until().has_value();
  Result<void> written = file.write(configuration());
  if (!written) return written;
  ChildOptions run;
  run.arguments = {program, "-c", file.path()};
  run.pipe_output = run.pipe_errors = true;
  if (options.memory > 0) run.memory = options.memory + options.memory / 8 + kWithout;
  run.remove_afterwards = {file.path(), file.directory()};
  child = std::make_shared<ChildProcess>(reactor);
  Result<void> started = child->start(std::move(run));
  if (!started) return started;
  for (const bool errors : {false, true}) {
    ++draining;
    asio::co_spawn(reactor.executor(), drain(*child, errors),
                   [self = shared_from_this(), kept = child](const std::exception_ptr& thrown) {
                     if (thrown) std::rethrow_exception(thrown);
                     --self->draining;
                     self->changed.notify_all();
                   });
  }
  return {};
}

std::string Broker::State::configuration() const {
  return broker_configuration(listeners, options, !retention.closed_until());
}

asio::awaitable<void> Broker::State::drain(ChildProcess& from, bool errors) {
  std::string partial;
  for (;;) {
    Result<std::string> bytes = std::string();
    if (errors)
      bytes = co_await from.read_errors();
    else
      bytes = co_await from.read_output();
    if (!bytes || bytes->empty()) break;
    lines.take(*bytes, partial);
  }
  if (!partial.empty()) lines.take_line(partial);
}

void Broker::State::take_line(const std::string& line) {
  if (line.ends_with(" running")) says_running = true;
  const std::string_view refused = refused_for_memory(line);
  if (!refused.empty()) {
    last_refused = std::chrono::steady_clock::now();
    // Without it this process is of no use, and what it sends would only be refused again.
    const bool ours = std::find(clients.begin(), clients.end(), refused) != clients.end();
    if (ours && options.memory > 0) end_full();
  }
  changed.notify_all();
}

void Broker::State::end_full() {
  if (full || stopping) return;
  full = true;
  child->signal(SIGKILL);
}

// What it keeps for others (retained messages) it keeps though nobody gets any further. One client
// alone may want too much, and is all that suffers then. But what is full up to the last byte
// acknowledges messages that it has no room to pass on, without a word: whether it is of use to
// anybody has to be tried. Never completes.
asio::awaitable<void> Broker::State::end_when_full() {
  std::optional<SteadyTime> fails_since;
  for (;;) {
    while (!last_refused || stopping || full) co_await changed.wait();
    const SteadyTime begin = std::chrono::steady_clock::now();
    const PassesOn answer = co_await passes_on(reactor, host(), listeners.port);
    const SteadyTime now = std::chrono::steady_clock::now();
    if (answer != PassesOn::no) {
      fails_since.reset();
      if (answer == PassesOn::yes && begin - *last_refused > kForgets) last_refused.reset();
    } else if (now - fails_since.value_or(begin) >= kFull) {
      end_full();
    }
    if (answer == PassesOn::no && !fails_since) fails_since = begin;
    asio::steady_timer pause(reactor.executor(), answer == PassesOn::no ? kAsksAgain : kLooksAgain);
    co_await pause.async_wait(asio::use_awaitable);
  }
}

// It takes connections, as the system does that for it, and nothing comes. Never completes.
asio::awaitable<void> Broker::State::end_when_hung() {
  co_await until_silent(reactor, host(), listeners.port, options.looks_every,
                        options.answer_within);
  if (!stopping && !full) {
    hung = true;
    child->signal(SIGKILL);
  }
  for (;;) co_await for_ever.wait();
}

// One that retains nothing is begun anew when the time has come: Mosquitto 2.0.11 does not read
// that again while it runs. Never completes.
asio::awaitable<void> Broker::State::open_retention() {
  if (const auto until = retention.closed_until()) {
    asio::steady_timer timer(reactor.executor(), *until);
    co_await timer.async_wait(asio::use_awaitable);
    anew = true;
    child->signal(SIGTERM);
  }
  for (;;) co_await for_ever.wait();
}

asio::awaitable<bool> Broker::State::takes_connections() {
  asio::ip::address address = listeners.addresses.front();
  if (address.is_unspecified() && address.is_v4()) address = asio::ip::address_v4::loopback();
  if (address.is_unspecified() && address.is_v6()) address = asio::ip::address_v6::loopback();
  tcp::socket socket(reactor.executor());
  asio::error_code failed;
  co_await socket.async_connect(tcp::endpoint(address, listeners.port),
                                asio::redirect_error(asio::use_awaitable, failed));
  co_return !failed;
}

// False when it has died, or does not come up.
asio::awaitable<bool> Broker::State::await_ready() {
  const SteadyTime begin = std::chrono::steady_clock::now();
  while (child->running()) {
    const auto passed = std::chrono::steady_clock::now() - begin;
    if (passed > kStartTime) co_return false;
    // Before it says so, another program may be the one that answers at this port.
    if (says_running || passed > kSilence) {
      const bool connected = co_await takes_connections();
      if (connected && child->running()) co_return true;
    }
    asio::steady_timer pause(reactor.executor(), kPause);
    co_await pause.async_wait(asio::use_awaitable);
  }
  co_return false;
}

// It has ended, so the pipes do, unless somebody else holds them.
asio::awaitable<void> Broker::State::rest_of_output() {
  const SteadyTime deadline = std::chrono::steady_clock::now() + kSilence;
  while (draining > 0 && std::chrono::steady_clock::now() < deadline)
    co_await changed.wait_until(deadline);
}

Error Broker::State::how_it_ended(int status) const {
  if (full)
    return Error(
        Fault::other,
        "the broker (mosquitto) was ended: its memory was full, of retained messages or of "
        "what waits for its readers");
  if (anew) return Error(Fault::other, "the broker (mosquitto) begins anew, to retain again");
  return Error(Fault::other,
               "the broker (mosquitto) has ended: " + describe_exit(status) + lines.last());
}

Broker::Broker(Reactor& reactor, BrokerOptions options)
    : state_(std::make_shared<State>(reactor, std::move(options))) {}

Broker::~Broker() {
  state_->stopping = true;
  if (state_->child) state_->child->end();
  state_->file.remove();
}

asio::awaitable<Result<void>> Broker::start() {
  const std::shared_ptr<State> state = state_;
  const ListenAddress& address = state->options.address;
  const Result<std::string> program = find_broker(state->options.program);
  if (!program) co_return program.error();
  if (Result<void> taken = state->take_store(); !taken) co_return taken;
  for (int attempts = address.port == 0 ? kPortsToTry : 1;; --attempts) {
    Result<BrokerListeners> listeners = find_broker_listeners(state->reactor, address);
    if (!listeners) co_return listeners.error();
    state->listeners = *std::move(listeners);
    const Result<void> launched = state->launch(*program);
    if (!launched) co_return launched.error();
    const std::shared_ptr<ChildProcess> child = state->child;
    const bool ready = co_await state->await_ready();
    if (ready) break;
    if (child->running()) {
      co_await end_child(state->reactor, *child, kSilence);
      state->file.remove();
      co_return Error(Fault::other,
                      "the broker (mosquitto) takes no connections" + state->lines.last());
    }
    const int status = co_await child->wait();
    co_await state->rest_of_output();
    const bool taken = state->lines.said("Address already in use");
    if (taken && attempts > 1) continue;
    if (taken) co_return cannot_listen(address, asio::error::address_in_use);
    if (state->lines.said("Permission denied") && state->lines.said("listen socket"))
      co_return cannot_listen(address, asio::error::access_denied);
    co_return state->how_it_ended(status);
  }
  // It has read it, and so nothing is left to leave behind.
  state->file.remove();
  co_return Result<void>();
}

std::uint16_t Broker::port() const {
  return state_->listeners.port;
}

std::string Broker::host() const {
  return state_->host();
}

std::string Broker::State::host() const {
  const asio::ip::address& address = listeners.addresses.front();
  if (!address.is_unspecified()) return address.to_string();
  return address.is_v4() ? "127.0.0.1" : "::1";
}

std::string Broker::url() const {
  std::string host = state_->options.address.host;
  if (host == "*") host = "0.0.0.0";
  if (host.find(':') != std::string::npos) host = "[" + host + "]";
  return "mqtt://" + host + ":" + std::to_string(port());
}

asio::awaitable<Error> Broker::death() {
  const std::shared_ptr<State> state = state_;
  const std::shared_ptr<ChildProcess> child = state->child;
  const int status = co_await child->wait();
  co_await state->unless_stopping();
  co_await state->rest_of_output();
  co_await state->unless_stopping();
  co_return state->how_it_ended(status);
}

// Never completes once its end was asked for.
asio::awaitable<void> Broker::State::unless_stopping() {
  while (stopping) co_await for_ever.wait();
}

asio::awaitable<void> Broker::keep_running() {
  const std::shared_ptr<State> state = state_;
  Random random = Random::from_system();
  Backoff backoff;
  // A port that was picked is known to clients by now.
  state->options.address.port = port();
  SteadyTime up_since = std::chrono::steady_clock::now();
  for (;;) {
    const auto ended = co_await (death() || state->end_when_full() || state->end_when_hung() ||
                                 state->open_retention());
    std::string why = (state->hung ? "the broker (mosquitto) did not answer any more, and was ended"
                                   : std::get<0>(ended).text()) +
                      (state->store.is_open() ? "; what it had not saved is lost"
                                              : "; what it had kept or not passed on is lost");
    const bool filled = state->full || state->lines.said("out of memory");
    if (filled) {
      const Milliseconds closed = state->retention.note_full(std::chrono::steady_clock::now());
      why += ", and for " + seconds_text(closed.count()) + " nothing is retained";
      const std::string aside = state->store.is_open() ? state->store.set_aside() : std::string();
      if (!aside.empty()) why += "; what filled it is in " + printable(aside, 256);
    }
    bool at_once = filled || state->anew;
    for (;;) {
      const auto up = std::chrono::steady_clock::now() - up_since;
      // One that was filled up is no broken one: its clients are not to wait longer each time.
      if (filled || up > kStays) backoff.reset();
      at_once = at_once && up > kAtOnceAfter;
      const Milliseconds delay = at_once ? 0ms : backoff.next(random);
      Log::warn(why + "; starting it again" +
                (at_once ? "" : " in " + seconds_text(delay.count())));
      asio::steady_timer pause(state->reactor.executor(), delay);
      co_await pause.async_wait(asio::use_awaitable);
      co_await state->unless_stopping();
      const Result<void> started = co_await start();
      co_await state->unless_stopping();
      up_since = std::chrono::steady_clock::now();
      if (started) break;
      at_once = false;
      why = "the broker (mosquitto) cannot be started again: " + started.error().text();
    }
    ++state->restarts;
    Log::info("the broker (mosquitto) runs again");
  }
}

pid_t Broker::process() const {
  return state_->child && state_->child->running() ? state_->child->process() : 0;
}

std::uint64_t Broker::restarts() const {
  return state_->restarts;
}

void Broker::adopt(MqttClientOptions& client) {
  client.own_broker = true;
  if (client.client_id.empty())
    client.client_id = Random::from_system().next_name("rtwire-own-", 12);
  state_->clients.push_back(client.client_id);
  client.may_retain = [state = state_](std::string_view topic, std::size_t payload) {
    return state->may_retain(topic, payload);
  };
}

bool Broker::State::may_retain(std::string_view topic, std::size_t payload) {
  const bool may = retention.take(topic, payload);
  if (!may && !std::exchange(told_retention, true))
    Log::warn(
        "the broker (mosquitto) has no memory left for more that is retained: it is passed "
        "on, but not retained");
  return may;
}

const Retention& Broker::retention() const {
  return state_->retention;
}

void Broker::expect_end() {
  state_->stopping = true;
}

asio::awaitable<void> Broker::stop(Milliseconds patience) {
  const std::shared_ptr<State> state = state_;
  state->stopping = true;
  const std::shared_ptr<ChildProcess> child = state->child;
  if (!child) co_return;
  co_await end_child(state->reactor, *child, patience);
  state->file.remove();
}

}  // namespace rt
