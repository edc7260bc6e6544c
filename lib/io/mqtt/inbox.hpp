#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "codec/mqtt_packet.hpp"
#include "codec/mqtt_properties.hpp"
#include "codec/mqtt_publish.hpp"
#include "io/mqtt/client_options.hpp"
#include "model/message.hpp"

namespace rt {

// What has come from the broker and waits to be read, and what is to be acknowledged when it has
// been committed.
//
// What is held back until the commit is PUBACK (QoS 1) and PUBREC (QoS 2): after either of them the
// broker forgets the message's content, so a program that ended before the commit would have lost
// it. Hence a message of QoS 2 is handed on when its PUBLISH comes, and its packet id remembered
// until the broker has released it (MQTT 5, section 4.3.3).
class MqttInbox {
 public:
  explicit MqttInbox(const MqttClientOptions& options);

  // A connection was accepted. `identified`: subscription identifiers 1 and 2 are in use, see
  // kBefore.
  void begin(bool session_present, bool identified);
  // The time that messages from now on bear.
  void set_time(WallTime now) { now_ = now; }

  // A PUBLISH. One that is longer than a message may be, or has too many properties, is not handed
  // on: it counts as missing, and is told. Errors (protocol): it is malformed.
  Result<void> receive(const mqtt::Packet& packet, bool v5);
  // The broker has forgotten what it had for us: messages are missing, nobody knows how many.
  void forgotten();
  // PUBREL, which is answered.
  void release(std::uint16_t id, std::string& out);
  // A PUBREC went out that has not been answered by PUBREL: until then only this process knows that
  // the message was handed on.
  bool awaits_release() const { return !recorded_.empty(); }

  bool empty() const { return ready_.empty() && missed_ == 0; }
  std::uint64_t delivered() const { return delivered_; }
  // Nothing more should be read from the network before the next take().
  bool is_full() const;
  // Until the next take() it is never full: what it has no room for is dropped, and counts as
  // missing.
  void overflow() { overflows_ = true; }
  // A gap stands where messages are missing, at the end, too.
  Batch take();

  // Of what take() gave, all but the last `left` messages are safe.
  void commit(std::size_t left);
  // Acknowledgements that may go now, and what removes retained messages.
  void append_acknowledgements(std::string& out);

  // The subscription that gets what the broker has kept.
  static constexpr std::uint32_t kBefore = 1;
  static constexpr std::uint32_t kLive = 2;

 private:
  struct Held {
    std::uint64_t position;  // may go when so many are committed
    mqtt::PacketType type;
    std::uint16_t id;
  };
  bool is_too_long(const mqtt::Packet& packet, bool v5) const;
  Result<void> skip_too_long(const mqtt::Packet& packet);
  void skip(const mqtt::Publish& from, const std::string& why);
  // False for a PUBLISH of QoS 2 that has been handed on already.
  bool is_new(const mqtt::Publish& from);
  void hand_on(Message message, const mqtt::Publish& from, const mqtt::PropertyFacts& facts);
  bool has_room(std::uint8_t qos) const;
  bool wanted(const Message& message, std::string_view topic) const;
  bool is_own_removal(const mqtt::Publish& from);
  void append(Message message);
  void report_missed();
  void hold(const mqtt::Publish& from, std::uint64_t position);

  const MqttClientOptions& options_;
  bool identified_ = false;
  WallTime now_{};
  std::string topic_;  // the last one, and its channel
  std::string channel_;
  Batch ready_;
  std::size_t bytes_ = 0;
  bool overflows_ = false;
  std::uint64_t missed_ = 0;  // dropped since the last message
  bool skip_told_ = false;
  std::uint64_t delivered_ = 0;
  std::uint64_t taken_ = 0;
  std::uint64_t committed_ = 0;
  std::deque<Held> held_;
  // Topics whose retained messages are to be removed when so many are committed.
  std::deque<std::pair<std::uint64_t, std::string>> removals_;
  std::unordered_set<std::string> removed_;  // what removes them will come back from there
  bool v5_ = false;
  // Packet ids of QoS 2 that the broker has not released, with their message's position.
  std::unordered_map<std::uint16_t, std::uint64_t> exactly_once_;
  std::unordered_set<std::uint16_t> recorded_;
};

}  // namespace rt
