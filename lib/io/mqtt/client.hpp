#pragma once

#include <asio/awaitable.hpp>
#include <asio/steady_timer.hpp>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "engine/answer_wakes.hpp"
#include "engine/keep_alive.hpp"
#include "io/loop/notifier.hpp"
#include "io/loop/reactor.hpp"
#include "io/mqtt/client_options.hpp"
#include "io/mqtt/ending.hpp"
#include "io/mqtt/handshake.hpp"
#include "io/mqtt/inbox.hpp"
#include "io/mqtt/outbox.hpp"
#include "io/mqtt/packet_stream.hpp"
#include "model/message.hpp"

namespace rt {

// A client of an MQTT broker (3.1.1 and 5), one connection after another. It never reconnects by
// itself: after an error or an end, connect() again. What was written at QoS 1 or 2 and is not
// acknowledged then is sent again by itself.
//
// Its parts know of one thing each: the stream of packets, the handshake (libmosquitto), the inbox,
// the outbox, the keep-alive. This class says which packet is for which, and when to begin and end.
class MqttClient {
 public:
  MqttClient(Reactor& reactor, MqttClientOptions options);
  ~MqttClient();
  MqttClient(const MqttClient&) = delete;
  MqttClient& operator=(const MqttClient&) = delete;

  // Completes when the broker has accepted the connection and granted every subscription. Errors:
  // network, tls, refused (credentials, not authorised; fatal), protocol (a version or an
  // identifier that the broker refuses; fatal).
  asio::awaitable<Result<void>> connect();
  bool connected() const { return phase_ == Phase::subscribing || phase_ == Phase::up; }

  // All messages that have come, at least one; empty when the broker has ended the connection in
  // good order. The channel is "/" + topic, percent-encoded. MQTT 5's content type, user properties
  // and payload format come along; the user properties rt-event, rt-origin-id and rt-via become
  // event, origin_id and via. While it is not called, little is read from the network, unless a
  // write has waited for an acknowledgement in vain: then what there is no room for is dropped, and
  // reported as a gap. Errors: network, protocol.
  asio::awaitable<Result<Batch>> read();
  // What was read so far, but for the last `left` messages, may be acknowledged: until then the
  // broker keeps it (QoS 1 and 2).
  void commit(std::size_t left = 0);

  // Completes when all has been taken and not too much waits for the network or for
  // acknowledgements. What is taken is taken off the front of `rest`; after an error the others are
  // to be written again.
  asio::awaitable<Result<void>> write(Messages& rest);
  // Of QoS 1 and 2: what is written and has no answer, and what was answered with a refusal.
  Amount unacknowledged() const { return outbox_.unacknowledged(); }
  Amount refused() const { return outbox_.refused(); }
  // Those for such a reason since the last call, and why: no later flush() tells of them.
  bool has_refused() const { return outbox_.has_refused(); }
  std::vector<std::pair<MessagePtr, Error>> take_refused(const std::function<bool(int)>& wanted);
  // Of QoS 1 and 2: how many were taken in all, and how many of them, counted from the first, have
  // their last answer.
  std::uint64_t published() const { return outbox_.published(); }
  std::uint64_t settled() const { return outbox_.settled(); }
  // Completes when so many are settled. Errors as of flush().
  asio::awaitable<Result<void>> settle(std::uint64_t number);
  // Completes when everything written is acknowledged (QoS 1 and 2) or has left for the system.
  // Errors besides those of the connection: refused, for a publication that the broker did not
  // authorise.
  asio::awaitable<Result<void>> flush();

  // Ends the connection at once, for this reason: a read() under way gives what has come, and then
  // it.
  void break_off(Error why) {
    if (connected()) end(std::move(why));
  }

  // DISCONNECT, so that the will is not sent. What is under way has two seconds to leave and the
  // broker two to end.
  asio::awaitable<void> close();
  // From now on close() takes 200 ms at most.
  void hurry() { hurried_ = true; }

  // Of the last connection's end: the broker's reason, for people (" (session taken over)"), and
  // whether another attempt would end the same way.
  std::string how_it_ended() const { return ending_.reason(); }
  std::optional<Error> final_refusal() const { return ending_.refusal(); }
  bool speaks_v5() const { return handshake_.v5(); }  // after connect()

 private:
  // What write() leaves behind for the network.
  static constexpr std::size_t kMostUnsent = 1u << 20;
  // leaving: DISCONNECT has been sent, and the broker's end of the connection is awaited.
  enum class Phase : std::uint8_t { closed, connecting, subscribing, up, leaving };

  // --- connecting
  asio::awaitable<Result<void>> attempts();
  asio::awaitable<Result<void>> attempt(bool v5);
  void note_redirect(std::uint8_t code, const mqtt::Packet& packet);
  bool go_elsewhere();
  Result<void> start();
  Result<void> take_connack(const mqtt::Packet& packet);
  void note_granted();

  // --- from the broker
  void on_readable();
  void pass_over();
  void take_received();
  Result<void> take(const mqtt::Packet& packet);
  void stop_or_go_on();

  // --- to the broker
  void send();
  // Lets reading go on when it has been stopped for too long.
  asio::awaitable<void> wait_for_room();
  bool overfull() const { return stream_.unsent() > kMostUnsent || outbox_.full(); }

  // --- keeping alive, ending
  void arm_timer();
  void on_timer();
  void ping();
  void say_goodbye();
  void fail(Error error);
  void end(std::optional<Error> error);
  SteadyTime closing_deadline() const;
  asio::awaitable<void> finish_receiving();
  asio::awaitable<void> disconnect();
  asio::awaitable<void> discard_session();

  const MqttClientOptions options_;
  PacketStream stream_;
  MqttHandshake handshake_;
  MqttInbox inbox_;
  MqttOutbox outbox_;
  AnswerWakes answer_wakes_;
  KeepAlive keep_alive_;
  std::optional<SteadyTime> pinged_;  // without an answer; where that is wanted
  asio::steady_timer timer_;          // for it
  MqttEnding ending_;

  std::optional<Endpoint> elsewhere_;  // where the broker has sent us
  bool moved_ = false;                 // there

  Phase phase_ = Phase::closed;
  bool hung_up_ = false;   // the last attempt ended without a word of the broker
  bool answered_ = false;  // something has come on this connection
  bool holding_ = false;   // nothing is read from the network
  SteadyTime held_since_{};
  bool closing_ = false;  // no message is taken any more
  bool hurried_ = false;  // close() is not to wait for long

  Notifier changed_;  // connect()
  Notifier arrived_;  // read()
  Notifier room_;     // write(), flush(), close()
  std::shared_ptr<char> alive_ = std::make_shared<char>();
};

}  // namespace rt
