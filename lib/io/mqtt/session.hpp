#pragma once

#include <array>
#include <asio/awaitable.hpp>
#include <asio/steady_timer.hpp>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "codec/mqtt_packet.hpp"
#include "codec/mqtt_publish.hpp"
#include "engine/dense_wakes.hpp"
#include "engine/hang_ups.hpp"
#include "io/loop/notifier.hpp"
#include "io/mqtt/client.hpp"
#include "io/mqtt/engine.hpp"
#include "io/mqtt/inbox.hpp"
#include "io/mqtt/properties.hpp"
#include "io/mqtt/subscriptions.hpp"
#include "io/net/stream.hpp"
#include "io/trace/wire.hpp"

namespace rt {

// The inside of an MqttClient: carries packets between the network and libmosquitto (MqttEngine),
// and does itself what libmosquitto cannot: acknowledgements that wait for the commit, QoS 2 on the
// receiving side, keeping the connection alive while nothing is read, and ends.
class MqttSession : private MqttEngine::Handler {
 public:
  MqttSession(Reactor& reactor, MqttClientOptions options);
  ~MqttSession() override;
  MqttSession(const MqttSession&) = delete;
  MqttSession& operator=(const MqttSession&) = delete;

  // The promises are MqttClient's.
  asio::awaitable<Result<void>> connect();
  asio::awaitable<Result<Batch>> read();
  void commit(std::size_t left);
  asio::awaitable<Result<void>> write(Messages& rest);
  asio::awaitable<Result<void>> flush();
  asio::awaitable<void> close();
  void hurry() { hurried_ = true; }
  bool connected() const { return phase_ == Phase::subscribing || phase_ == Phase::up; }
  Amount unacknowledged() const { return {waiting_, waiting_bytes_}; }
  Amount refused() const { return refused_; }
  std::string how_it_ended() const { return how_it_ended_; }
  std::optional<Error> final_refusal() const { return refusal_; }
  bool speaks_v5() const { return engine_ && engine_->v5(); }

 private:
  // leaving: DISCONNECT has been sent, and the broker's end of the connection is awaited.
  enum class Phase : std::uint8_t { closed, connecting, subscribing, up, leaving };

  // --- connecting
  asio::awaitable<Result<void>> attempt(bool v5);
  Result<void> start(bool v5);
  // The broker keeps the session when the connection is lost.
  bool outlives() const { return options_.session_expiry && options_.session_expiry->count() > 0; }
  Result<void> subscribe();

  // --- from the network
  void arm_readable();
  void on_readable();
  void wait_for_more();
  void receive(std::string_view bytes);
  Result<void> take(const mqtt::Packet& packet, mqtt::PacketRun& run);
  Result<void> take_publish(const mqtt::Packet& packet);
  bool take_known(const mqtt::Packet& packet, mqtt::PacketRun& run, Result<void>& done);
  Result<void> take_connack(const mqtt::Packet& packet);
  // Hands on what has gathered.
  Result<void> feed(mqtt::PacketRun& run);
  Result<void> feed(std::string_view packets, std::size_t count);
  void hold_or_go_on();

  // --- to the network
  void collect();
  void send();
  std::size_t unsent() const { return out_.size() - out_sent_; }
  bool overfull() const;

  // --- publishing
  // At QoS 0 and 1 without libmosquitto.
  bool sends_itself() const { return options_.qos < 2; }
  Result<void> publish(const MessagePtr& message);
  Result<void> publish_exactly_once(const Message& message);
  Result<mqtt::Publish> prepare(const Message& message);
  Result<const mqtt5__property*> properties_for(const Message& message);
  void pass_on();
  void send_waiting();
  void acknowledged(std::uint16_t id, int reason);
  void note_unanswered();
  void give_up_found();
  void await_acknowledgement(std::uint16_t id, const Message& message);
  Result<const std::string*> topic_for(const Message& message);

  // --- keeping alive, ending
  void arm_timer();
  void on_timer();
  void fail(Error error);
  void end(std::optional<Error> error);
  void note_short_life();
  Error lost() const;
  Error no_answer() const;  // to CONNECT

  void on_accepted(const MqttAccepted& accepted) override;
  void on_message(const mosquitto_message& message, const mqtt5__property* properties) override;
  void on_subscribed(int request, std::span<const int> granted) override;
  void on_published(std::uint16_t id, int reason) override;

  Reactor& reactor_;
  const bool made_id_;
  const MqttClientOptions options_;
  bool only_v311_ = false;  // the broker is known to speak nothing newer
  bool was_connected_ = false;
  bool hung_up_ = false;  // the last attempt ended without a word of the broker

  std::unique_ptr<NetStream> stream_;
  std::unique_ptr<MqttEngine> engine_;
  std::unique_ptr<mqtt::PacketSplitter> incoming_;
  std::unique_ptr<mqtt::PacketSplitter> outgoing_;
  std::unique_ptr<trace::MqttTrace> trace_;  // with -v
  MqttInbox inbox_;
  MqttSubscriptions subscriptions_;
  Phase phase_ = Phase::closed;
  std::optional<MqttAccepted> fresh_;  // a CONNACK that has not been answered
  std::optional<std::uint8_t> connack_;
  std::optional<Error> fault_;  // found in a callback
  std::optional<Error> error_;  // of the end; absent: in good order
  std::string how_it_ended_;
  std::optional<Error> refusal_;

  std::string collected_;
  std::string out_;
  std::size_t out_sent_ = 0;
  bool writable_armed_ = false;
  bool fed_ = false;       // libmosquitto, since it was asked for output
  bool answered_ = false;  // something has come on this connection
  bool holding_ = false;   // nothing is read from the network
  bool closing_ = false;   // no message is taken any more
  bool hurried_ = false;   // close() is not to wait for long
  SteadyTime up_since_{};
  int short_lives_ = 0;  // of connections, in a row

  Notifier changed_;  // connect()
  Notifier arrived_;  // read()
  Notifier room_;     // write(), flush(), close()

  std::string channel_;  // of the last publication, and its topic
  std::string topic_;
  std::array<MqttProperties, 2> common_;  // of messages that have none of their own, by kind
  std::array<std::string, 2> common_bytes_;
  MqttProperties own_;  // of the last message that has some
  std::string own_bytes_;
  std::string_view property_bytes_;  // of the last message
  MqttLimits limits_;
  struct Waiting {
    MessagePtr message;
    std::uint16_t id;
    bool sent = false;  // at least once
    bool over = false;
  };
  std::deque<Waiting> outbox_;  // QoS 1, in order: what is not acknowledged
  std::size_t sent_ = 0;        // of these, on this connection
  bool answered_here_ = false;  // one of these, on this connection
  HangUps hang_ups_;
  std::uint16_t last_id_ = 0;
  std::vector<std::uint32_t> waiting_sizes_;  // by packet id: of what is not acknowledged, plus 1
  std::size_t waiting_ = 0;
  std::size_t waiting_bytes_ = 0;
  Amount refused_;
  std::size_t not_taken_ = 0;  // of them, what flush() has not told
  int not_taken_reason_ = 0;

  asio::steady_timer pause_;  // see wait_for_more()
  DenseWakes dense_wakes_;
  asio::steady_timer timer_;
  Milliseconds keepalive_{0};
  SteadyTime last_sent_{};
  SteadyTime last_received_{};
  SteadyTime resumed_{};
  std::optional<SteadyTime> pinged_;  // a PINGREQ that has no answer
  std::shared_ptr<char> alive_ = std::make_shared<char>();
};

}  // namespace rt
