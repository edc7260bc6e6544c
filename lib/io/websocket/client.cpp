#include "io/websocket/client.hpp"

#include <algorithm>
#include <asio/bind_executor.hpp>

#include "base/log.hpp"
#include "base/text.hpp"
#include "codec/dialect_signs.hpp"
#include "codec/rt_v1.hpp"
#include "io/websocket/client_state.hpp"
#include "model/http_url.hpp"

namespace rt {
namespace {

constexpr std::size_t kMostQueued = 512u << 10;  // received and not yet read
constexpr Milliseconds kShortCloseTime = 200ms;
constexpr Milliseconds kProofTime = 1s;
constexpr int kSilentPings = 3;
constexpr int kSilentPingsStalled = 8;  // while the peer does not even take what waits for it

}  // namespace

WsClient::State::State(Reactor& loop, WsClientOptions with)
    : reactor(loop),
      options(std::move(with)),
      channel(options.dialect ? dialect_channel(options.dialect->name)
                              : channel_of_url(options.endpoint.http_url())),
      session{.role = ws::Role::client,
              .max_message = options.max_message,
              .mask_key = [this] { return mask_keys.next(); }},
      arrived(loop.executor()),
      room(loop.executor()),
      settled(loop.executor()),
      replied(loop.executor()),
      keepalive(loop.executor()),
      message_pings(loop.executor()),
      proof_pings(loop.executor()),
      beats(loop.executor()),
      silence(loop.executor()),
      converses(!options.hub && !options.conversation.idle()) {}

void WsClient::State::wake_all() {
  arrived.notify_all();
  room.notify_all();
  settled.notify_all();
  replied.notify_all();
}

void WsClient::State::abandon() {
  abandoned = true;
  ended = true;
  if (!broken) broken = Error(Fault::other, "the connection was given up");
  keepalive.cancel();
  message_pings.cancel();
  proof_pings.cancel();
  beats.cancel();
  silence.cancel();
  if (link) link->abandon();
  wake_all();
}

// --- receiving -----------------------------------------------------------------------------------

void WsClient::State::on_message(PayloadKind kind, ws::Payload payload) {
  heard = true;
  if (closing) return;
  if (dialect) {
    heard_at = std::chrono::steady_clock::now();
    dialect->receive(kind, payload.take());
    return look_at_dialect();
  }
  if (hub) {
    const std::string_view text = payload.view();
    if (const auto ack = v1::read_ack(text)) return on_acknowledged(ack->count);
    if (options.writes_only) return;
    take_envelope(text);
  } else {
    if (converses && is_answered(payload.view())) return;
    if (std::exchange(looks_for_dialect, false)) look_for_dialect(payload.view());
    if (options.writes_only) return;
    auto message = std::make_shared<Message>();
    message->payload = payload.take();
    message->kind = kind;
    message->channel = channel;
    message->time = link->came_at();
    queued += message->payload.size() + sizeof(Message);
    queue.push_back(std::move(message));
  }
  after_message();
}

// Once, and only to who has said nothing by itself: others know whom they talk to.
void WsClient::State::look_for_dialect(std::string_view greeting) {
  const std::string_view meant = dialect_of_greeting(greeting);
  if (!meant.empty())
    Log::warn(options.endpoint.display() + ": " + hint_at_dialect(meant, "--protocol"));
}

void WsClient::State::after_message() {
  if (queued > kMostQueued && !paused && !overflows) hold_back();
  if (std::exchange(reading, false)) arrived.notify_all();
}

// As a dialect has them.
bool WsClient::State::take_message(Message message) {
  if (converses && is_answered(message.payload)) {
    dialect->settle(delivered);
    return false;
  }
  if (options.writes_only) return false;
  if (overflows && queued > kMostQueued) {
    drop(message);
    return false;
  }
  if (message.channel.empty()) message.channel = channel;
  message.time = wall_now();
  queued += message.payload.size() + sizeof(Message);
  queue.push_back(std::make_shared<Message>(std::move(message)));
  return true;
}

void WsClient::State::hold_back() {
  paused = true;
  paused_since = std::chrono::steady_clock::now();
  link->pause_reading(true);
  room.notify_all();
}

void WsClient::State::drop(const Message& message) {
  if (!lost) lost = Gap{last, 0};
  const std::optional<std::uint64_t> more = message.gap ? message.gap->missed : 1;
  if (!more || !lost->missed)
    lost->missed.reset();
  else
    *lost->missed += *more;
}

void WsClient::State::take_envelope(std::string_view text) {
  auto message = std::make_shared<Message>();
  if (auto read = envelopes.read(text, *message); !read)
    return refuse(1007, Error(Fault::protocol, "the hub's message: " + read.error().text()));
  if (overflows && queued > kMostQueued) return drop(*message);
  message->channel = channel;
  stamp_receipt(*message, link->came_at());
  if (!message->id.empty()) last = message->id;
  queued += message->payload.size() + sizeof(Message);
  queue.push_back(std::move(message));
}

// Ends the connection for what the peer did.
void WsClient::State::refuse(std::uint16_t why, const Error& error) {
  link->close(why, {});
  on_violation(error, why);
}

void WsClient::State::on_violation(const Error& what, std::uint16_t with) {
  closing = true;
  code = with;
  if (!broken) broken = with == 1009 ? what.with_hint("--max-message") : what;
  wake_all();
}

void WsClient::State::on_peer_close(std::uint16_t with, const std::string& why, bool first) {
  peer_closed = first;
  // What we had against it stays the reason.
  if (broken || done) return;
  if (dialect && first) broken = dialect->explain_close(with, why);
  // Then it is lost, whatever the code says.
  if (broken && !broken->fatal()) return;
  code = with;
  reason = why;
}

void WsClient::State::on_closed(const std::optional<Error>& why) {
  ended = true;
  keepalive.cancel();
  message_pings.cancel();
  proof_pings.cancel();
  beats.cancel();
  silence.cancel();
  if (code == 1006 && !broken && !closing)
    broken = why.value_or(Error(Fault::network, "connection lost"));
  wake_all();
}

// A plain WebSocket to a hub has no other word for it.
bool WsClient::State::ended_by_gap() const {
  return ended && peer_closed && v1::closed_for_gap(code, reason);
}

asio::awaitable<Result<Batch>> WsClient::State::read() {
  while (queue.empty()) {
    if (broken) co_return *broken;
    if (ended_by_gap() && !gap_told) {
      gap_told = behind_gap = true;
      Message report;
      report.gap = std::make_shared<const Gap>();
      co_return Batch{std::make_shared<Message>(std::move(report))};
    }
    if (ended || done) co_return Batch();
    if (link == nullptr) co_return Error(Fault::network, "not connected");
    reading = true;
    co_await arrived.wait();
  }
  Batch out;
  out.reserve(std::min<std::size_t>(2 * queue.size(), 4096));
  out.swap(queue);
  queued = 0;
  overflows = false;
  if (lost && !broken) {
    Message report;
    report.gap = std::make_shared<const Gap>(*std::exchange(lost, std::nullopt));
    out.push_back(std::make_shared<Message>(std::move(report)));
  }
  if (paused) {
    if (link != nullptr && !ended) listen_again();
    paused = false;
  }
  co_return out;
}

// --- keeping alive -------------------------------------------------------------------------------

void WsClient::State::keep_alive() {
  if (options.ping_interval <= 0ms) return;
  keepalive.expires_after(options.ping_interval);
  keepalive.async_wait([weak = weak_from_this()](asio::error_code failed) {
    const auto state = weak.lock();
    if (failed || !state || !state->open()) return;
    // While we do not read, we cannot hear: no reason to think that nobody is there.
    if (state->heard || state->paused) state->silent_pings = 0;
    state->heard = false;
    const bool stalled = state->link->blocked();
    if (state->silent_pings >= (stalled ? kSilentPingsStalled : kSilentPings)) {
      state->broken = Error(Fault::network, "the peer has answered no ping for " +
                                                std::to_string(state->silent_pings) +
                                                " intervals: connection lost");
      state->link->kill();
      return;
    }
    ++state->silent_pings;
    if (!stalled) state->ping(std::to_string(state->writes));
    state->keep_alive();
  });
}

void WsClient::State::ping(const std::string& payload) {
  if (options.round_trips && !pinged) {
    pinged = std::chrono::steady_clock::now();
    pinged_with = payload;
  }
  link->ping(payload);
}

void WsClient::State::on_pong(std::string_view payload) {
  heard = true;
  if (on_answer && payload == "asked " + std::to_string(asked_pings))
    std::exchange(on_answer, nullptr)(
        std::chrono::duration_cast<Milliseconds>(std::chrono::steady_clock::now() - asked_at));
  if (pinged && payload == pinged_with)
    options.round_trips->add(*std::exchange(pinged, std::nullopt),
                             std::chrono::steady_clock::now());
  if (payload != std::to_string(writes)) return;
  unproven = false;
  room.notify_all();
}

// Once after some time without a write: each of many writes needs no proof of its own.
void WsClient::State::ask_for_proof() {
  ++writes;
  if (options.ping_interval <= 0ms || std::exchange(unproven, true)) return;
  proof_pings.expires_after(kProofTime);
  proof_pings.async_wait([weak = weak_from_this(), asked = writes](asio::error_code failed) {
    const auto state = weak.lock();
    if (failed || !state || !state->open() || !state->unproven) return;
    if (state->writes != asked) {
      state->unproven = false;
      --state->writes;
      return state->ask_for_proof();
    }
    if (!state->link->blocked()) state->ping(std::to_string(asked));
  });
}

// --- ending --------------------------------------------------------------------------------------

asio::awaitable<void> WsClient::State::close(std::uint16_t with) {
  if (link == nullptr || !established || ended) co_return;
  const SteadyTime deadline = std::chrono::steady_clock::now() + close_time;
  // The close frame must not stand in the middle of what waits for the socket.
  while (!ended && code == 1006 && link->blocked()) {
    if (!co_await settled.wait_until(deadline)) break;
  }
  if (open() && !link->blocked()) {
    if (dialect) {
      dialect->leave();
      look_at_dialect();
    }
    link->close(with, {});
    // The peer's answer stands behind what it has sent before.
    if (std::exchange(paused, false)) link->pause_reading(false);
  }
  closing = true;
  wake_all();
  while (!ended && std::chrono::steady_clock::now() < deadline) {
    if (!co_await settled.wait_until(deadline)) break;
  }
  ended = true;
  keepalive.cancel();
  message_pings.cancel();
  proof_pings.cancel();
  beats.cancel();
  silence.cancel();
  link.reset();
  wake_all();
}

// --- the front -----------------------------------------------------------------------------------

WsClient::WsClient(Reactor& reactor, WsClientOptions options)
    : state_(std::make_shared<State>(reactor, std::move(options))) {}

WsClient::~WsClient() {
  state_->abandon();
}

// Each keeps the state for as long as it is under way.
asio::awaitable<Result<void>> WsClient::connect() {
  const auto state = state_;
  co_return co_await state->connect();
}

asio::awaitable<Result<Batch>> WsClient::read() {
  const auto state = state_;
  co_return co_await state->read();
}

asio::awaitable<Result<void>> WsClient::write(Messages& rest) {
  const auto state = state_;
  co_return co_await state->write(rest);
}

asio::awaitable<Result<void>> WsClient::flush() {
  const auto state = state_;
  co_return co_await state->flush();
}

asio::awaitable<void> WsClient::close(std::uint16_t code) {
  const auto state = state_;
  co_await state->close(code);
}

bool WsClient::ping(std::function<void(Milliseconds)> answered) {
  if (!state_->open()) return false;
  state_->on_answer = std::move(answered);
  state_->asked_at = std::chrono::steady_clock::now();
  state_->link->ping("asked " + std::to_string(++state_->asked_pings));
  return true;
}

void WsClient::break_off(Error why) {
  if (!state_->open()) return;
  if (!state_->broken) state_->broken = std::move(why);
  state_->link->kill();
}

void WsClient::hurry() {
  state_->close_time = kShortCloseTime;
}

bool WsClient::commits() const {
  const WsClientOptions& options = state_->options;
  return options.dialect && !options.writes_only && settles(*options.dialect);
}
void WsClient::commit(std::size_t left) {
  state_->commit(left);
}
bool WsClient::connected() const {
  return state_->open() && !state_->opening;
}
Amount WsClient::unacknowledged() const {
  return {state_->unacknowledged.size(), state_->unacknowledged_bytes};
}
MessagePtr WsClient::give_up_longest() {
  State& state = *state_;
  if (state.open() || state.unacknowledged.empty()) return nullptr;
  const auto longest = std::max_element(state.unacknowledged.begin(), state.unacknowledged.end(),
                                        [](const MessagePtr& a, const MessagePtr& b) {
                                          return a->payload.size() < b->payload.size();
                                        });
  MessagePtr message = *longest;
  state.unacknowledged.erase(longest);
  state.unacknowledged_bytes -= message->payload.size();
  return message;
}
std::uint16_t WsClient::close_code() const {
  return state_->code;
}
bool WsClient::unproven() const {
  return state_->unproven;
}
bool WsClient::closed_by_peer() const {
  return state_->peer_closed;
}
const std::string& WsClient::close_reason() const {
  return state_->reason;
}
bool WsClient::at_hub() const {
  return state_->hub;
}
bool WsClient::acknowledges() const {
  return state_->acknowledges;
}
bool WsClient::met_hub() const {
  return state_->met_hub;
}
std::optional<Milliseconds> WsClient::retry_after() const {
  return state_->retry_after;
}
void WsClient::ask_by(std::function<std::string(std::string_view id)> cursor) {
  state_->cursor_of = std::move(cursor);
}
const std::string& WsClient::last_id() const {
  return state_->last;
}

}  // namespace rt
