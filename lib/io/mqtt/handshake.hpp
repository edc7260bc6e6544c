#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "base/result.hpp"
#include "codec/mqtt_packet.hpp"
#include "io/mqtt/client_options.hpp"
#include "io/mqtt/engine.hpp"
#include "io/mqtt/subscriptions.hpp"

namespace rt {

// The beginning of each connection, from CONNECT to the last SUBACK, for which there is
// libmosquitto: which version is spoken, whose session goes on, what is subscribed to. Packets in,
// packets out.
class MqttHandshake {
 public:
  explicit MqttHandshake(const MqttClientOptions& options) : options_(options), filters_(options) {}

  // Nobody chose the client identifier: one was made.
  bool made_id() const { return options_.client_id.empty(); }
  const std::string& client_id() const { return client_id_; }
  // The broker was asked for a session without a past.
  bool asked_for_new() const { return asked_for_new_; }
  bool v5() const { return v5_; }
  // The version to begin with.
  bool tries_v5() const {
    return options_.protocol != MqttProtocol::v311 && options_.protocol != MqttProtocol::v31 &&
           !only_v311_;
  }
  // After an attempt with MQTT 5 that failed; `hung_up`: without a word of the broker. Old brokers
  // refuse version 5, or hang up; one that has spoken it is in trouble.
  bool is_worth_v311(bool hung_up) const;
  // After an attempt whose identifier, made here, was refused: the broker may want to choose one
  // (MQTT 5), which it is asked for from now on.
  bool leaves_id_to_broker();

  // An attempt in this version.
  void prepare(bool v5);
  // Appends CONNECT.
  Result<void> begin(std::string& out);
  // The broker has answered CONNECT with CONNACK.
  bool answered() const { return connack_.has_value(); }
  // Errors: refused, protocol (a session that was not asked for is one), network.
  Result<MqttAccepted> take_connack(const mqtt::Packet& packet);

  // Appends SUBSCRIBE for what there is. Errors: usage, for a filter that this broker does not
  // take.
  Result<void> subscribe(const MqttAccepted& accepted, std::string& out);
  // Errors: refused; protocol.
  Result<void> take_suback(const mqtt::Packet& packet);
  // Every subscription is granted.
  bool complete() const { return filters_.complete(); }

  // A connection stands: of the next one the broker is asked to go on with the session.
  void established();
  bool was_established() const { return established_; }

  // The session of a run (MQTT 3.1.1 knows no expiry) is still there when the last connection has
  // ended in good order: it is to be discarded.
  bool leaves_session() const { return !v5_ && keeps_v311() && established_ && !discards_; }
  // From now on: a clean connection that subscribes to nothing takes the session's place.
  void discard() { discards_ = true; }
  bool discards() const { return discards_; }

 private:
  // MQTT 3.1.1, for a subscriber whose identifier was made here.
  bool keeps_v311() const { return outlives() && made_id() && !options_.filters.empty(); }
  bool outlives() const { return options_.session_expiry && options_.session_expiry->count() > 0; }
  bool clean() const;
  void tell_lasting();

  const MqttClientOptions& options_;
  std::string client_id_;
  std::unique_ptr<MqttEngine> engine_;  // until every subscription is granted
  MqttSubscriptions filters_;
  bool v5_ = false;
  bool told_lasting_ = false;
  bool only_v311_ = false;  // the broker is known to speak nothing newer
  bool established_ = false;
  bool discards_ = false;
  bool nameless_ = false;  // the broker chooses the identifier
  bool asked_for_new_ = false;
  std::optional<std::uint8_t> connack_;  // its code
};

}  // namespace rt
