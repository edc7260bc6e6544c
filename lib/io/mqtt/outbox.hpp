#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "codec/mqtt_aliases.hpp"
#include "codec/mqtt_packet.hpp"
#include "codec/mqtt_publish.hpp"
#include "engine/hang_ups.hpp"
#include "io/mqtt/client_options.hpp"
#include "io/mqtt/engine.hpp"
#include "model/message.hpp"

namespace rt {

// What goes to the broker as publications, and of QoS 1 and 2 what has no answer yet: in order, as
// much at a time as the broker wants under way, and again on the next connection. Packets are
// appended to `out`.
//
// Of QoS 2 (MQTT 5, section 4.3.3) a message is kept until PUBCOMP: after PUBREC the broker has it,
// but a broker that comes back without its session may have lost it, so it gets PUBLISH again.
class MqttOutbox {
 public:
  explicit MqttOutbox(const MqttClientOptions& options);

  // A connection was accepted.
  void begin(bool v5, const MqttLimits& limits, bool session_present);
  // It is lost, not ended by us.
  void lost();

  // Takes a message; at QoS 0 it is appended. Errors (usage): what MQTT or this broker cannot
  // carry.
  Result<void> publish(const MessagePtr& message, std::string& out);
  // Appends what the broker wants to have now, at QoS 1 and 2.
  void send_waiting(std::string& out);
  // PUBACK, PUBREC or PUBCOMP; it is well-formed.
  void answered(const mqtt::Packet& packet, std::string& out);

  // Written, without an answer.
  Amount unacknowledged() const { return waiting_; }
  // Answered with a refusal.
  Amount refused() const { return refused_; }
  // Taken in all, at QoS 1 and 2; and of these, counted from the first, what is over.
  std::uint64_t published() const { return published_; }
  std::uint64_t settled() const { return published_ - waiting_messages_.size(); }
  // Too much has no answer: nothing more should be written now.
  bool full() const;
  // Sent on this connection, and to be answered; and how often an answer has come in all.
  std::size_t under_way() const { return sent_; }
  std::uint64_t answers() const { return answers_; }
  // A quota is exceeded, where that is waited for: what was refused so goes by the next connection.
  bool over_quota() const { return over_quota_; }
  // Of refusals since the last call.
  std::optional<Error> take_refusal();
  // Of those, the ones with such a reason: what is told by this is not told by take_refusal()
  // later. There is a bound to how many are remembered.
  struct Refused {
    MessagePtr message;
    int reason;
    Error why;
  };
  bool has_refused() const { return !refused_messages_.empty(); }
  std::vector<Refused> take_refused(const std::function<bool(int)>& wanted);

 private:
  // Short ones a full one takes another time.
  static constexpr std::size_t kLeastAtOwnBroker = 1024;

  struct Waiting {
    MessagePtr message;
    std::uint16_t id;
    bool sent = false;      // at least once
    bool released = false;  // PUBREC has come
    bool over = false;
    SteadyTime time{};  // when it was sent last, where that is wanted
  };
  Result<const std::string*> topic_for(const Message& message);
  Result<std::string_view> properties_for(const Message& message);
  Result<std::string_view> properties_in_manner();
  Result<mqtt::Publish> prepare(const Message& message);
  void settle_retain(mqtt::Publish& publish);
  std::size_t most_under_way() const;
  Waiting* find(std::uint16_t id);
  void append(std::string& out, mqtt::Publish publish);
  const std::string& topic_of_waiting(const Waiting& waiting);
  void finish(Waiting& waiting, int reason, std::string_view words = {});
  void drop_finished();
  void give_up_found();

  const MqttClientOptions& options_;
  bool v5_ = false;
  MqttLimits limits_;

  mqtt::TopicAliases aliases_;
  std::uint64_t published_ = 0;  // at QoS 1 and 2, in all
  std::string channel_;          // of the last publication, and its topic
  std::string topic_;
  // Properties of messages that have none of their own, by what is said of the payload.
  std::array<std::optional<std::string>, 3> common_;
  std::optional<std::string> own_;  // of the last message that has some

  std::deque<Waiting> waiting_messages_;  // their ids follow one another
  std::size_t sent_ = 0;                  // of these, on this connection
  std::uint64_t answers_ = 0;
  bool answered_here_ = false;  // one of these, on this connection
  bool over_quota_ = false;     // on this connection
  const std::uint16_t first_id_;
  std::uint16_t last_id_ = 0;
  HangUps hang_ups_;

  Amount waiting_;
  Amount refused_;
  std::size_t not_taken_ = 0;  // of them, what take_refusal() has not told
  int not_taken_reason_ = 0;
  std::vector<Refused> refused_messages_;  // of these
  std::string not_taken_topic_;            // of the last one, and what the broker said of it
  std::string not_taken_words_;
  bool properties_told_ = false;
  bool not_retained_told_ = false;
};

}  // namespace rt
