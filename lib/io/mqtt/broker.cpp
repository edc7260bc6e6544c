#include "io/mqtt/broker.hpp"

#include <algorithm>
#include <asio/co_spawn.hpp>
#include <asio/experimental/awaitable_operators.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/redirect_error.hpp>
#include <asio/steady_timer.hpp>
#include <asio/use_awaitable.hpp>
#include <csignal>
#include <deque>
#include <exception>
#include <optional>
#include <utility>

#include "base/clock.hpp"
#include "base/log.hpp"
#include "base/random.hpp"
#include "base/text.hpp"
#include "engine/backoff.hpp"
#include "io/loop/notifier.hpp"
#include "io/mqtt/broker_configuration.hpp"
#include "io/mqtt/broker_listeners.hpp"
#include "io/mqtt/broker_probe.hpp"
#include "io/mqtt/private_file.hpp"
#include "io/process/child.hpp"
#include "io/process/find_program.hpp"

namespace rt {
namespace {

using namespace asio::experimental::awaitable_operators;
using asio::ip::tcp;

constexpr Milliseconds kStartTime = 10s;
constexpr Milliseconds kKillTime = 1s;  // for what cannot be refused
constexpr Milliseconds kSilence = 1s;   // of a broker that does not say when it is ready
constexpr Milliseconds kPause = 10ms;
constexpr Milliseconds kStays = 10s;   // for so long it must have run to count as well
constexpr Milliseconds kFull = 500ms;  // for so long it has passed nothing on for want of memory
constexpr Milliseconds kForgets = 10s;
constexpr Milliseconds kAsksAgain = 50ms;
constexpr Milliseconds kLooksAgain = 1s;
constexpr int kPortsToTry = 5;
constexpr std::size_t kLinesKept = 20;
constexpr std::size_t kLinesTold = 5;
constexpr std::size_t kLongestLine = 500;

// Debian keeps it where only root's PATH looks, Homebrew where launchd finds it.
const std::vector<std::string>& broker_directories() {
  static const std::vector<std::string> directories = {
      "/usr/sbin",          "/usr/local/sbin",
      "/opt/homebrew/sbin", "/opt/homebrew/opt/mosquitto/sbin",
      "/usr/local/bin",     "/usr/local/opt/mosquitto/sbin"};
  return directories;
}

Result<std::string> find_broker(const std::string& program) {
  const std::string name = program.empty() ? "mosquitto" : program;
  if (auto found = find_program(name, broker_directories())) return *std::move(found);
  return Error(Fault::usage,
               "mosquitto, the MQTT broker, is not installed: apt install mosquitto (Debian), or "
               "brew install mosquitto (macOS)");
}

// The coming and going of clients explains no death, and would push out the lines that do.
bool about_a_client(std::string_view line) {
  return line.starts_with("New connection from ") || line.starts_with("New client connected ") ||
         (line.starts_with("Client ") &&
          (line.ends_with(" disconnected.") || line.ends_with(" closed its connection.")));
}

}  // namespace

struct Broker::State : std::enable_shared_from_this<Broker::State> {
  State(Reactor& r, BrokerOptions o)
      : reactor(r), options(std::move(o)), changed(r.executor()), for_ever(r.executor()) {}

  Result<void> launch(const std::string& program);
  asio::awaitable<void> drain(ChildProcess& from, bool errors);
  void take(std::string_view bytes, std::string& partial);
  void take_line(std::string_view line);
  asio::awaitable<bool> takes_connections();
  asio::awaitable<bool> await_ready();
  asio::awaitable<void> rest_of_output();
  void watch_memory(std::string_view line);
  asio::awaitable<void> end_when_full();
  std::string host() const;
  asio::awaitable<void> unless_stopping();
  bool said(std::string_view text) const;
  std::string last_lines() const;
  Error how_it_ended(int status) const;

  Reactor& reactor;
  BrokerOptions options;
  BrokerListeners listeners;
  PrivateFile file;
  std::shared_ptr<ChildProcess> child;
  std::deque<std::string> lines;
  bool says_running = false;
  bool stopping = false;
  bool full = false;                       // and so it was ended
  std::optional<SteadyTime> last_refused;  // a client, for want of memory
  int draining = 0;
  std::uint64_t restarts = 0;
  Notifier changed;
  Notifier for_ever;
};

Result<void> Broker::State::launch(const std::string& program) {
  lines.clear();
  says_running = false;
  full = false;
  last_refused.reset();
  Result<void> written = file.write(broker_configuration(listeners, options));
  if (!written) return written;
  ChildOptions run;
  run.arguments = {program, "-c", file.path()};
  run.pipe_output = run.pipe_errors = true;
  run.remove_afterwards = {file.path(), file.directory()};
  child = std::make_shared<ChildProcess>(reactor);
  Result<void> started = child->start(std::move(run));
  if (!started) return started;
  for (const bool errors : {false, true}) {
    ++draining;
    asio::co_spawn(reactor.context(), drain(*child, errors),
                   [self = shared_from_this(), kept = child](const std::exception_ptr& thrown) {
                     if (thrown) std::rethrow_exception(thrown);
                     --self->draining;
                     self->changed.notify_all();
                   });
  }
  return {};
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
    take(*bytes, partial);
  }
  if (!partial.empty()) take_line(partial);
}

void Broker::State::take(std::string_view bytes, std::string& partial) {
  while (!bytes.empty()) {
    const std::size_t end = bytes.find('\n');
    const std::string_view part = bytes.substr(0, end);
    partial += part.substr(0, kLongestLine - std::min(partial.size(), kLongestLine));
    if (end == std::string_view::npos) return;
    bytes.remove_prefix(end + 1);
    take_line(partial);
    partial.clear();
  }
}

void Broker::State::take_line(std::string_view line) {
  std::string text = printable(line, kLongestLine);
  Log::info("mosquitto: " + text);
  if (text.ends_with(" running")) says_running = true;
  watch_memory(text);
  if (!about_a_client(text)) lines.push_back(std::move(text));
  if (lines.size() > kLinesKept) lines.pop_front();
  changed.notify_all();
}

void Broker::State::watch_memory(std::string_view line) {
  if (line.starts_with("Client ") && line.ends_with(" disconnected due to out of memory."))
    last_refused = std::chrono::steady_clock::now();
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
      full = true;
      child->signal(SIGKILL);
    }
    if (answer == PassesOn::no && !fails_since) fails_since = begin;
    asio::steady_timer pause(reactor.context(), answer == PassesOn::no ? kAsksAgain : kLooksAgain);
    co_await pause.async_wait(asio::use_awaitable);
  }
}

asio::awaitable<bool> Broker::State::takes_connections() {
  asio::ip::address address = listeners.addresses.front();
  if (address.is_unspecified() && address.is_v4()) address = asio::ip::address_v4::loopback();
  if (address.is_unspecified() && address.is_v6()) address = asio::ip::address_v6::loopback();
  tcp::socket socket(reactor.context());
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
    asio::steady_timer pause(reactor.context(), kPause);
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

bool Broker::State::said(std::string_view text) const {
  return std::any_of(lines.begin(), lines.end(),
                     [&](const std::string& line) { return line.find(text) != std::string::npos; });
}

std::string Broker::State::last_lines() const {
  if (lines.empty()) return " (it wrote nothing)";
  std::string out = "; it wrote:";
  const std::size_t skipped = lines.size() - std::min(lines.size(), kLinesTold);
  for (std::size_t i = skipped; i < lines.size(); ++i)
    out += (i > skipped ? " | " : " ") + lines[i];
  return out;
}

Error Broker::State::how_it_ended(int status) const {
  if (full)
    return Error(Fault::other,
                 "the broker (mosquitto) was ended: its memory was full, and it passed nothing on");
  return Error(Fault::other,
               "the broker (mosquitto) has ended: " + describe_exit(status) + last_lines());
}

namespace {

asio::awaitable<bool> ended_within(Reactor& reactor, ChildProcess& child, Milliseconds time) {
  asio::steady_timer timer(reactor.context(), time);
  const auto either = co_await (child.wait() || timer.async_wait(asio::use_awaitable));
  co_return either.index() == 0;
}

asio::awaitable<void> end(Reactor& reactor, ChildProcess& child, Milliseconds patience) {
  child.signal(SIGTERM);
  const bool ended = co_await ended_within(reactor, child, patience);
  if (ended) co_return;
  child.signal(SIGKILL);
  (void)co_await ended_within(reactor, child, kKillTime);
}

}  // namespace

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
      co_await end(state->reactor, *child, kSilence);
      state->file.remove();
      co_return Error(Fault::other,
                      "the broker (mosquitto) takes no connections" + state->last_lines());
    }
    const int status = co_await child->wait();
    co_await state->rest_of_output();
    const bool taken = state->said("Address already in use");
    if (taken && attempts > 1) continue;
    if (taken) co_return cannot_listen(address, asio::error::address_in_use);
    if (state->said("Permission denied") && state->said("listen socket"))
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
    const auto ended = co_await (death() || state->end_when_full());
    std::string why = std::get<0>(ended).text() + "; what it had kept or not passed on is lost";
    for (;;) {
      // One that was filled up is no broken one: its clients are not to wait longer each time.
      const bool filled = state->full || state->said("out of memory");
      if (filled || std::chrono::steady_clock::now() - up_since > kStays) backoff.reset();
      const Milliseconds delay = backoff.next(random);
      Log::warn(why + "; starting it again in " + seconds_text(delay.count()));
      asio::steady_timer pause(state->reactor.context(), delay);
      co_await pause.async_wait(asio::use_awaitable);
      co_await state->unless_stopping();
      const Result<void> started = co_await start();
      co_await state->unless_stopping();
      up_since = std::chrono::steady_clock::now();
      if (started) break;
      why = "the broker (mosquitto) cannot be started again: " + started.error().text();
    }
    ++state->restarts;
    Log::info("the broker (mosquitto) runs again");
  }
}

std::uint64_t Broker::restarts() const {
  return state_->restarts;
}

void Broker::expect_end() {
  state_->stopping = true;
}

asio::awaitable<void> Broker::stop(Milliseconds patience) {
  const std::shared_ptr<State> state = state_;
  state->stopping = true;
  const std::shared_ptr<ChildProcess> child = state->child;
  if (!child) co_return;
  co_await end(state->reactor, *child, patience);
  state->file.remove();
}

}  // namespace rt
