// Keeping an MqttClient's connection alive, and ending it.
#include <asio/experimental/awaitable_operators.hpp>
#include <asio/use_awaitable.hpp>
#include <utility>

#include "codec/mqtt_properties.hpp"
#include "io/mqtt/client.hpp"

namespace rt {
namespace {

using namespace asio::experimental::awaitable_operators;

// Each for what the broker has to say before DISCONNECT, and after it.
constexpr Milliseconds kCloseTime = 2s;
constexpr Milliseconds kShortCloseTime = 100ms;

SteadyTime now() {
  return std::chrono::steady_clock::now();
}

}  // namespace

void MqttClient::arm_timer() {
  if (!keep_alive_.on()) return;
  timer_.expires_after(keep_alive_.look_each());
  timer_.async_wait([this, alive = std::weak_ptr<char>(alive_)](asio::error_code failed) {
    if (!failed && !alive.expired() && stream_.open()) on_timer();
  });
}

void MqttClient::ping() {
  if (options_.round_trips && !pinged_) pinged_ = now();
  stream_.out() += mqtt::kPingRequest;
  send();
}

void MqttClient::on_timer() {
  const KeepAlive::Due due = keep_alive_.due(now());
  if (due == KeepAlive::Due::dead)
    return end(Error(Fault::network, "the broker does not answer: the connection is taken for dead")
                   .with_hint("--keepalive"));
  if (due == KeepAlive::Due::ping) {
    ping();
    if (!stream_.open()) return;
  }
  arm_timer();
}

// What is said at the end.
void MqttClient::say_goodbye() {
  if (options_.manner && handshake_.v5())
    mqtt::append_disconnect(stream_.out(), hurried_ ? options_.manner->farewell : 0,
                            options_.manner->disconnect);
  else if (handshake_.made_id() && handshake_.v5())
    // Nobody can come back to a session whose identifier was made here.
    stream_.out() += mqtt::kDisconnectForGood;
  else
    stream_.out() += mqtt::kDisconnect;
  send();
}

void MqttClient::fail(Error error) {
  if (options_.manner && connected()) say_goodbye();
  if (error.fatal() && connected()) ending_.note_refusal(error);
  end(std::move(error));
}

void MqttClient::end(std::optional<Error> error) {
  timer_.cancel();
  if (stream_.open()) {
    if (phase_ == Phase::up) ending_.note_life(now());
    if (phase_ == Phase::up && !closing_) outbox_.lost();
    ending_.note_end(std::move(error));
    stream_.close();
  }
  phase_ = Phase::closed;
  changed_.notify_all();
  arrived_.notify_all();
  room_.notify_all();
}

SteadyTime MqttClient::closing_deadline() const {
  return now() + (hurried_ ? kShortCloseTime : kCloseTime);
}

asio::awaitable<void> MqttClient::close() {
  if (connected()) co_await finish_receiving();
  if (connected()) co_await disconnect();
  end(std::nullopt);
  if (handshake_.leaves_session()) co_await discard_session();
}

// The broker would collect messages for ever for a session that nobody comes back to, and
// MQTT 3.1.1 has no other way to end it than a connection with a clean one.
asio::awaitable<void> MqttClient::discard_session() {
  handshake_.discard();
  asio::steady_timer limit(timer_.get_executor(), closing_deadline());
  const auto either = co_await (attempt(false) || limit.async_wait(asio::use_awaitable));
  if (either.index() == 0 && connected()) co_await disconnect();
  end(std::nullopt);
}

// A message of QoS 2 whose release has not come would be printed again by the next program: so no
// more are taken, and the releases are awaited.
asio::awaitable<void> MqttClient::finish_receiving() {
  const SteadyTime deadline = closing_deadline();
  closing_ = true;
  inbox_.append_acknowledgements(stream_.out());
  send();
  if (stream_.open()) stop_or_go_on();
  bool in_time = true;
  while (connected() && in_time && (stream_.unsent() > 0 || inbox_.awaits_release()))
    in_time = co_await room_.wait_until(deadline);
}

// A socket that is closed with something unread in it would take back what was sent: hence the end
// waits for the broker's.
asio::awaitable<void> MqttClient::disconnect() {
  const SteadyTime deadline = closing_deadline();
  say_goodbye();
  bool in_time = true;
  while (connected() && stream_.unsent() > 0 && in_time)
    in_time = co_await room_.wait_until(deadline);
  if (!connected() || stream_.unsent() > 0) co_return;
  phase_ = Phase::leaving;
  timer_.cancel();
  stream_.end_sending();
  while (stream_.open() && in_time) in_time = co_await room_.wait_until(deadline);
}

}  // namespace rt
