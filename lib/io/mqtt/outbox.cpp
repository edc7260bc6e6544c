#include "io/mqtt/outbox.hpp"

#include <algorithm>
#include <utility>

#include "base/log.hpp"
#include "base/text.hpp"
#include "codec/mqtt_properties.hpp"
#include "codec/mqtt_words.hpp"
#include "io/mqtt/reasons.hpp"
#include "model/topic.hpp"

namespace rt {
namespace {

using mqtt::PacketType;

// What waits for acknowledgements before nothing more should be written.
constexpr std::size_t kMostWaiting = 1024;
constexpr std::size_t kMostWaitingBytes = 8u << 20;
// Under way, where the broker names no number of its own.
constexpr std::size_t kMostUnderWay = 256;
// Of QoS 2 with MQTT 3.1.1, where a broker cannot name it: Mosquitto ends a connection that has
// more than 20 under way, unless it was configured otherwise.
constexpr std::size_t kMostUnderWayQos2 = 20;
// Far from the identifiers of libmosquitto's subscriptions.
constexpr std::uint16_t kFirstId = 0x4000;
constexpr int kNotTaken = 0x95;  // MQTT 5: packet too large
constexpr int kOverQuota = 0x97;
constexpr std::size_t kAliasBytes = 3;

// Brokers may refuse a message that is not as it says, and it may have been a guess.
std::optional<PayloadKind> said_of(const Message& message) {
  if (message.guessed || !valid_utf8(message.payload)) return std::nullopt;
  return message.kind;
}

// Where packets are to be as Mosquitto's own clients number them: after the subscriptions.
std::uint16_t first_id(const MqttClientOptions& options) {
  if (!options.manner) return kFirstId;
  if (options.filters.empty()) return 1;
  return static_cast<std::uint16_t>(2 + options.manner->unsubscribed.size());
}

}  // namespace

MqttOutbox::MqttOutbox(const MqttClientOptions& options)
    : options_(options),
      first_id_(first_id(options)),
      hang_ups_(options.own_broker ? kLeastAtOwnBroker : 0) {}

void MqttOutbox::begin(bool v5, const MqttLimits& limits, bool session_present) {
  v5_ = v5;
  limits_ = limits;
  sent_ = 0;
  answered_here_ = over_quota_ = false;
  aliases_.begin(v5 ? limits.aliases : std::uint16_t{0});
  if (!v5 && !options_.properties.empty() && !std::exchange(properties_told_, true))
    Log::warn("the broker speaks MQTT 3.1.1, which has no properties: --property is left out");
  if (!session_present)
    for (Waiting& waiting : waiting_messages_) waiting.released = false;
}

// --- what is published ---------------------------------------------------------------------------

Result<const std::string*> MqttOutbox::topic_for(const Message& message) {
  const std::string& channel = options_.topic.empty() ? message.channel : options_.topic;
  if (!topic_.empty() && channel == channel_) return &topic_;
  topic_ = options_.topic.empty() ? topic_of(channel) : options_.topic;
  channel_ = channel;
  std::string why;
  if (topic_.empty())
    why = options_.topic.empty() && channel.empty() ? "a message names no channel"
                                                    : "a topic cannot be empty";
  else if (topic_.size() > 65535)
    why = "is longer than a topic can be";
  else if (has_wildcards(topic_))
    why = "has + or #, which a topic cannot have";
  else if (!valid_topic(topic_))
    why = "has characters that a topic cannot have";
  if (why.empty()) return &topic_;
  topic_.clear();
  if (!channel.empty()) why = "'" + printable(channel) + "': " + why;
  return Error(Fault::usage, "cannot publish: " + why);
}

Result<std::string_view> MqttOutbox::properties_for(const Message& message) {
  if (options_.manner) return properties_in_manner();
  const std::optional<PayloadKind> kind = said_of(message);
  const bool plain = mqtt::has_only_payload(message);
  std::optional<std::string>& bytes =
      plain ? common_[kind ? 1 + static_cast<std::size_t>(*kind) : 0] : own_;
  if (!plain || !bytes) {
    Result<std::string> made = mqtt::properties_of(message, kind, options_.properties,
                                                   message.mqtt ? wall_now() : WallTime{});
    if (!made) return made.error();
    bytes = std::move(*made);
  }
  return std::string_view(*bytes);
}

Result<std::string_view> MqttOutbox::properties_in_manner() {
  std::optional<std::string>& bytes = common_[0];
  if (bytes) return std::string_view(*bytes);
  std::string made;
  for (const MqttProperty& property : options_.manner->publish)
    if (Result<void> added = mqtt::append_property(made, property); !added) return added.error();
  bytes = std::move(made);
  return std::string_view(*bytes);
}

// Valid until the next call.
Result<mqtt::Publish> MqttOutbox::prepare(const Message& message) {
  mqtt::Publish out;
  const Result<const std::string*> topic = topic_for(message);
  if (!topic) return topic.error();
  out.topic = **topic;
  out.payload = message.payload;
  out.qos = options_.qos;
  out.retain = options_.retain.value_or(message.retain);
  if (v5_) {
    const Result<std::string_view> properties = properties_for(message);
    if (!properties) return properties.error();
    out.properties = *properties;
  }
  const std::size_t size = mqtt::publish_size(out, v5_);
  if (size > mqtt::kLongestRemaining)
    return Error(Fault::usage, "a message is longer than MQTT can carry");
  if (size > limits_.packet)
    return Error(Fault::usage, "a message of " + std::to_string(message.payload.size()) +
                                   " bytes is longer than the broker accepts");
  if (out.qos > limits_.qos) return qos_not_offered();
  return out;
}

// Only where it goes out: the answer of may_retain counts.
void MqttOutbox::settle_retain(mqtt::Publish& publish) {
  if (!publish.retain) return;
  if (options_.may_retain) {
    publish.retain = options_.may_retain(publish.topic, publish.payload.size());
  } else if (!limits_.retain) {
    publish.retain = false;
    if (!std::exchange(not_retained_told_, true))
      Log::warn("the broker does not retain messages: they are sent, but without that flag");
  }
}

Result<void> MqttOutbox::publish(const MessagePtr& message, std::string& out) {
  Result<mqtt::Publish> prepared = prepare(*message);
  if (!prepared) return prepared.error();
  if (options_.must_retain && !limits_.retain)
    return Error(Fault::usage, "the broker does not retain messages").with_hint("--retain");
  if (options_.qos == 0) {
    settle_retain(*prepared);
    append(out, *prepared);
    return {};
  }
  last_id_ = std::max<std::uint16_t>(first_id_, static_cast<std::uint16_t>(last_id_ + 1));
  waiting_messages_.push_back({message, last_id_});
  ++published_;
  waiting_ += {1, message->payload.size()};
  return {};
}

// --- under way -----------------------------------------------------------------------------------

std::size_t MqttOutbox::most_under_way() const {
  if (hang_ups_.cautious()) return 1;
  std::size_t ours = !v5_ && options_.qos == 2 ? kMostUnderWayQos2 : kMostUnderWay;
  if (options_.manner) ours = options_.manner->most_under_way;
  return std::min<std::size_t>(ours, limits_.unacknowledged);
}

void MqttOutbox::send_waiting(std::string& out) {
  if (hang_ups_.found()) give_up_found();
  const std::size_t most = most_under_way();
  for (; sent_ < std::min(most, waiting_messages_.size()); ++sent_, drop_finished()) {
    Waiting& waiting = waiting_messages_[sent_];
    if (waiting.over) continue;
    if (waiting.released) {
      mqtt::append_acknowledgement(out, PacketType::pubrel, waiting.id);
      continue;
    }
    Result<mqtt::Publish> prepared = prepare(*waiting.message);
    if (!prepared) {
      // Only a broker that is not what it was before can be the reason.
      Log::warn(prepared.error().text());
      finish(waiting, kNotTaken);
      continue;
    }
    settle_retain(*prepared);
    prepared->id = waiting.id;
    prepared->dup = std::exchange(waiting.sent, true);
    if (options_.round_trips) waiting.time = std::chrono::steady_clock::now();
    append(out, *prepared);
  }
}

// With a number in place of its topic where the broker allows that.
void MqttOutbox::append(std::string& out, mqtt::Publish publish) {
  if (!options_.manner && limits_.aliases > 0 && v5_ &&
      mqtt::publish_size(publish, v5_) + kAliasBytes < limits_.packet) {
    const auto alias = aliases_.of(publish.topic);
    publish.alias = alias.number;
    if (alias.known) publish.topic = {};
  }
  mqtt::append_publish(out, publish, v5_);
}

// What has been sent on this connection and is not over.
MqttOutbox::Waiting* MqttOutbox::find(std::uint16_t id) {
  if (id < first_id_ || sent_ == 0) return nullptr;
  const std::size_t ids = 0x10000u - first_id_;
  const std::size_t at = (id + ids - waiting_messages_.front().id) % ids;
  if (at >= sent_ || waiting_messages_[at].over) return nullptr;
  return &waiting_messages_[at];
}

void MqttOutbox::answered(const mqtt::Packet& packet, std::string& out) {
  const std::uint16_t id = mqtt::packet_id(packet).value_or(0);
  const int reason = mqtt::reason_code(packet);
  const bool recorded = packet.type == PacketType::pubrec && reason < 0x80;
  // Whoever knows nothing of it releases it all the same, or it would be asked for ever.
  if (recorded) mqtt::append_acknowledgement(out, PacketType::pubrel, id);
  Waiting* const waiting = find(id);
  if (waiting == nullptr) return;
  answered_here_ = true;
  ++answers_;
  hang_ups_.answered(id);
  if (reason == kOverQuota && options_.waits_for_quota) {
    over_quota_ = true;
    return;
  }
  // Of QoS 2 the first answer: PUBREC says that the broker has it.
  if (options_.round_trips && !waiting->released)
    options_.round_trips->add(waiting->time, std::chrono::steady_clock::now());
  if (recorded) {
    waiting->released = true;
    return;
  }
  finish(*waiting, reason, v5_ && reason >= 0x80 ? mqtt::words_of(packet).reason : "");
  drop_finished();
}

const std::string& MqttOutbox::topic_of_waiting(const Waiting& waiting) {
  static const std::string kNone;
  const Result<const std::string*> topic = topic_for(*waiting.message);
  return topic ? **topic : kNone;
}

void MqttOutbox::finish(Waiting& waiting, int reason, std::string_view words) {
  const Amount amount{1, waiting.message->payload.size()};
  waiting.over = true;
  waiting_.messages -= amount.messages;
  waiting_.bytes -= amount.bytes;
  if (reason < 0x80) return;
  if (options_.manner && options_.manner->refused)
    return options_.manner->refused(waiting.id, reason);
  refused_ += amount;
  ++not_taken_;
  not_taken_reason_ = reason;
  not_taken_topic_ = topic_of_waiting(waiting);
  not_taken_words_ = words;
  if (refused_messages_.size() < kMostWaiting)
    refused_messages_.push_back(
        {waiting.message, reason, publication_refusal(reason, 1, not_taken_topic_, words)});
}

std::vector<MqttOutbox::Refused> MqttOutbox::take_refused(const std::function<bool(int)>& wanted) {
  std::vector<Refused> out;
  std::erase_if(refused_messages_, [&](Refused& refused) {
    if (!wanted(refused.reason & 0xFF)) return false;
    out.push_back(std::move(refused));
    return true;
  });
  not_taken_ -= std::min(not_taken_, out.size());
  if (!refused_messages_.empty()) not_taken_reason_ = refused_messages_.back().reason;
  return out;
}

void MqttOutbox::drop_finished() {
  while (!waiting_messages_.empty() && waiting_messages_.front().over) {
    waiting_messages_.pop_front();
    if (sent_ > 0) --sent_;
  }
}

bool MqttOutbox::full() const {
  return waiting_.messages >= kMostWaiting || waiting_.bytes > kMostWaitingBytes;
}

std::optional<Error> MqttOutbox::take_refusal() {
  if (not_taken_ == 0) return std::nullopt;
  return publication_refusal(not_taken_reason_, std::exchange(not_taken_, 0), not_taken_topic_,
                             not_taken_words_);
}

// --- a broker that hangs up ----------------------------------------------------------------------

// A broker that hangs up at a message without a word (MQTT 3.1.1 has none) would get it for ever.
void MqttOutbox::lost() {
  const auto is_open = [](const Waiting& waiting) { return !waiting.over && !waiting.released; };
  const auto end = waiting_messages_.begin() + static_cast<std::ptrdiff_t>(sent_);
  const auto first = std::find_if(waiting_messages_.begin(), end, is_open);
  if (first == end) return;
  hang_ups_.lost(answered_here_, static_cast<std::size_t>(std::count_if(first, end, is_open)),
                 first->id, first->message->payload.size());
}

// On a new connection, before anything is sent on it.
void MqttOutbox::give_up_found() {
  const std::uint64_t id = hang_ups_.suspect();
  hang_ups_.answered(id);
  if (sent_ == 0) drop_finished();
  if (sent_ > 0 || waiting_messages_.empty() || waiting_messages_.front().id != id) return;
  Waiting& suspect = waiting_messages_.front();
  const std::uint64_t number = published_ - waiting_messages_.size() + 1;
  Log::warn(
      "the broker hangs up each time that message " + std::to_string(number) + ", of " +
      std::to_string(suspect.message->payload.size()) + " bytes, is sent to '" +
      printable(topic_of_waiting(suspect), 256) + "': it is given up after three times (perhaps " +
      (options_.own_broker ? "the broker's memory is not enough for it and its readers)"
       : suspect.message->retain && !options_.retain
           ? "the broker does not take its length, its topic, or retained messages: --retain=no)"
           : "the broker does not take its length or its topic)"));
  finish(suspect, kHangsUp);
  drop_finished();
}

}  // namespace rt
