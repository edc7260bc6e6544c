#include "io/mqtt/inbox.hpp"

#include <algorithm>
#include <utility>

#include "base/log.hpp"
#include "base/text.hpp"
#include "codec/mqtt_check.hpp"
#include "model/topic.hpp"

namespace rt {
namespace {

using mqtt::PropertyFacts;

constexpr std::uint64_t kNotYet = ~std::uint64_t{0};
constexpr std::size_t kMostReady = 1u << 20;
// Of these the broker sends only so many before they are acknowledged.
constexpr std::size_t kMostOfQos = 8u << 20;

std::size_t size_of(const Message& message) {
  return sizeof(Message) + message.payload.size() + message.channel.size();
}

}  // namespace

MqttInbox::MqttInbox(const MqttClientOptions& options) : options_(options) {}

void MqttInbox::begin(bool session_present, bool identified) {
  identified_ = identified;
  // Packet ids of the last connection mean nothing now.
  held_.clear();
  recorded_.clear();
  if (!session_present) exactly_once_.clear();
}

bool MqttInbox::is_new(const mqtt::Publish& from) {
  if (from.qos != 2) return true;
  const auto [found, inserted] = exactly_once_.try_emplace(from.id, kNotYet);
  if (!inserted) held_.push_back({found->second, mqtt::PacketType::pubrec, from.id});
  return inserted;
}

bool MqttInbox::is_full() const {
  return bytes_ > kMostReady && !options_.buffer && !overflows_;
}

bool MqttInbox::has_room(std::uint8_t qos) const {
  if (options_.buffer && qos == 0) return bytes_ <= *options_.buffer;
  return !overflows_ || bytes_ <= (qos == 0 ? kMostReady : kMostOfQos);
}

bool MqttInbox::wanted(const Message& message, std::string_view topic) const {
  if (options_.retained == Retained::none && message.retained) return false;
  if (options_.retained == Retained::only && !message.retained) return false;
  return std::none_of(options_.excludes.begin(), options_.excludes.end(),
                      [&](const std::string& filter) { return matches(filter, topic); });
}

// Of MQTT 3.1.1 no flag says so.
bool MqttInbox::is_own_removal(const mqtt::Publish& from) {
  return from.payload.empty() && (removed_.erase(std::string(from.topic)) > 0 || from.retain);
}

void MqttInbox::hold(const mqtt::Publish& from, std::uint64_t position) {
  if (from.qos == 0) return;
  mqtt::PacketType type = mqtt::PacketType::puback;
  if (from.qos == 2) {
    exactly_once_[from.id] = position;
    type = mqtt::PacketType::pubrec;
  }
  held_.push_back({position, type, from.id});
}

void MqttInbox::append(Message message) {
  bytes_ += size_of(message);
  ++delivered_;
  ready_.push_back(std::make_shared<Message>(std::move(message)));
}

void MqttInbox::report_missed() {
  if (missed_ == 0) return;
  Message report;
  report.channel = channel_;
  report.gap = std::make_shared<const Gap>(Gap{{}, std::exchange(missed_, 0)});
  append(std::move(report));
}

void MqttInbox::forgotten() {
  report_missed();
  Message report;
  report.gap = std::make_shared<const Gap>();
  append(std::move(report));
}

bool MqttInbox::is_too_long(const mqtt::Packet& packet, bool v5) const {
  if (packet.omitted > 0) return true;
  if (packet.body.size() <= options_.max_message) return false;
  const auto publish = mqtt::read_publish(packet, v5);
  return publish && publish->payload.size() > options_.max_message;
}

// Of such a packet perhaps only topic and identifier are there.
Result<void> MqttInbox::skip_too_long(const mqtt::Packet& packet) {
  mqtt::Publish from;
  from.qos = packet.qos();
  from.id = mqtt::packet_id(packet).value_or(0);
  if (from.qos == 3 || (from.qos > 0 && from.id == 0))
    return Error(Fault::protocol,
                 "the broker sent a malformed packet: a message without an identifier");
  if (is_new(from))
    skip(from, std::to_string(packet.bytes.size() + packet.omitted) +
                   " bytes are more than --max-message allows");
  return {};
}

// An error would come again and again, where the broker keeps the message for us.
void MqttInbox::skip(const mqtt::Publish& from, const std::string& why) {
  const std::string text = "a message is skipped: " + why;
  if (std::exchange(skip_told_, true))
    Log::info(text);
  else
    Log::warn(text);
  ++missed_;
  hold(from, delivered_);
}

Result<void> MqttInbox::receive(const mqtt::Packet& packet, bool v5) {
  v5_ = v5;
  if (is_too_long(packet, v5)) return skip_too_long(packet);
  const auto publish = mqtt::read_publish(packet, v5);
  const auto plain =
      publish ? mqtt::read_plain_properties(publish->properties) : std::optional<PropertyFacts>();
  // What nearly all messages are needs no other look.
  const bool sound = plain &&
                     (publish->qos == 0 ? !publish->dup : publish->qos < 3 && publish->id != 0) &&
                     ((publish->topic == topic_ && !topic_.empty()) || valid_topic(publish->topic));
  if (!sound)
    if (Result<void> checked = mqtt::check_from_broker(packet, v5); !checked) return checked;
  if (!is_new(*publish)) return {};
  Message message;
  const PropertyFacts facts = plain ? *plain : mqtt::read_properties(publish->properties, message);
  if (const std::string_view fault = fault_of_properties(message); !fault.empty()) {
    skip(*publish, "it " + std::string(fault));
    return {};
  }
  hand_on(std::move(message), *publish, facts);
  return {};
}

void MqttInbox::hand_on(Message message, const mqtt::Publish& from, const PropertyFacts& facts) {
  const std::string_view topic = from.topic;
  if (topic != topic_ || channel_.empty()) {
    topic_ = topic;
    channel_ = channel_of(topic);
  }
  message.retain = from.retain;
  message.retained = from.retain && (!identified_ || facts.subscription == kBefore);
  const bool removal = options_.removes_retained && is_own_removal(from);
  const bool pass = !removal && wanted(message, topic);
  if (!pass || !has_room(from.qos)) {
    if (pass) ++missed_;
    hold(from, delivered_);
    return;
  }
  report_missed();
  if (options_.manner) {
    auto kept = std::make_shared<MqttFacts>(message.mqtt ? *message.mqtt : MqttFacts());
    kept->packet = from.id;
    kept->properties = from.properties;
    message.mqtt = std::move(kept);
  }
  if (options_.removes_retained && message.retained)
    removals_.emplace_back(delivered_ + 1, std::string(topic));
  message.qos = from.qos;
  message.payload.assign(from.payload);
  message.channel = channel_;
  message.time = now_;
  const bool text = facts.kind != PayloadKind::binary && valid_utf8(message.payload);
  message.kind = text ? PayloadKind::text : PayloadKind::binary;
  message.guessed = !facts.kind;
  append(std::move(message));
  hold(from, delivered_);
}

void MqttInbox::release(std::uint16_t id, std::string& out) {
  exactly_once_.erase(id);
  recorded_.erase(id);
  mqtt::append_acknowledgement(out, mqtt::PacketType::pubcomp, id);
}

Batch MqttInbox::take() {
  report_missed();
  Batch out;
  out.swap(ready_);
  bytes_ = 0;
  overflows_ = false;
  taken_ = delivered_;
  return out;
}

void MqttInbox::commit(std::size_t left) {
  committed_ = std::max(committed_, taken_ - std::min<std::uint64_t>(left, taken_));
}

void MqttInbox::append_acknowledgements(std::string& out) {
  while (!held_.empty() && held_.front().position <= committed_) {
    const Held& due = held_.front();
    mqtt::append_acknowledgement(out, due.type, due.id);
    if (due.type == mqtt::PacketType::pubrec) recorded_.insert(due.id);
    held_.pop_front();
  }
  for (; !removals_.empty() && removals_.front().first <= committed_; removals_.pop_front()) {
    mqtt::Publish empty;
    empty.topic = removals_.front().second;
    empty.retain = true;
    mqtt::append_publish(out, empty, v5_);
    removed_.insert(removals_.front().second);
  }
}

}  // namespace rt
