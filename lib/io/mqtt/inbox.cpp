#include "io/mqtt/inbox.hpp"

#include <mosquitto.h>

#include <algorithm>
#include <utility>

#include "base/log.hpp"
#include "base/text.hpp"
#include "io/mqtt/properties.hpp"
#include "model/topic.hpp"

namespace rt {
namespace {

constexpr std::uint64_t kNotYet = ~std::uint64_t{0};

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

bool MqttInbox::is_new(std::uint16_t id) {
  const auto [found, inserted] = exactly_once_.try_emplace(id, kNotYet);
  if (!inserted) held_.push_back({found->second, mqtt::PacketType::pubrec, id});
  return inserted;
}

bool MqttInbox::wanted(const Message& message, std::string_view topic) const {
  if (options_.retained == Retained::none && message.retained) return false;
  if (options_.retained == Retained::only && !message.retained) return false;
  return std::none_of(options_.excludes.begin(), options_.excludes.end(),
                      [&](const std::string& filter) { return matches(filter, topic); });
}

void MqttInbox::hold(const mqtt::Publish& from, std::uint64_t position) {
  if (from.qos == 0) return;
  mqtt::PacketType type = mqtt::PacketType::puback;
  if (!exactly_once_.empty()) {
    const auto found = exactly_once_.find(from.id);
    if (found != exactly_once_.end()) {
      found->second = position;
      type = mqtt::PacketType::pubrec;
    }
  }
  held_.push_back({position, type, from.id});
}

void MqttInbox::append(Message message) {
  bytes_ += size_of(message);
  ++delivered_;
  ready_.push_back(std::make_shared<const Message>(std::move(message)));
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

// An error would come again and again, where the broker keeps the message for us.
Result<void> MqttInbox::skip(const mqtt::Packet& packet) {
  const auto id = mqtt::packet_id(packet);
  if (packet.qos() == 3 || (packet.qos() > 0 && id.value_or(0) == 0))
    return Error(Fault::protocol,
                 "the broker sent a malformed packet: a message without an "
                 "identifier");
  const std::string text =
      "a message is skipped: " + std::to_string(packet.bytes.size() + packet.omitted) +
      " bytes are more than --max-message allows";
  if (std::exchange(skip_told_, true))
    Log::info(text);
  else
    Log::warn(text);
  if (packet.qos() == 2 && !is_new(*id)) return {};
  ++missed_;
  mqtt::Publish from;
  from.qos = packet.qos();
  from.id = id.value_or(0);
  hold(from, delivered_);
  return {};
}

void MqttInbox::receive(const mosquitto_message& from, const mqtt5__property* properties) {
  Message message;
  ReadProperties read;
  if (properties != nullptr) read = read_properties(properties, message);
  mqtt::Publish publish;
  publish.topic = from.topic;
  publish.id = static_cast<std::uint16_t>(from.mid);
  if (from.payloadlen > 0)
    publish.payload = {static_cast<const char*>(from.payload),
                       static_cast<std::size_t>(from.payloadlen)};
  publish.qos = static_cast<std::uint8_t>(from.qos);
  publish.retain = from.retain;
  receive(std::move(message), publish, read);
}

void MqttInbox::receive(const mqtt::Publish& publish, const mqtt::PlainProperties& properties) {
  ReadProperties read;
  read.kind_known = properties.payload_format.has_value();
  read.kind = properties.payload_format == 1 ? PayloadKind::text : PayloadKind::binary;
  read.subscription = properties.subscription;
  receive(Message(), publish, read);
}

void MqttInbox::receive(Message message, const mqtt::Publish& from, const ReadProperties& read) {
  const std::string_view topic = from.topic;
  if (topic != topic_ || channel_.empty()) {
    topic_ = topic;
    channel_ = channel_of(topic);
  }
  message.retain = from.retain;
  message.retained = from.retain && (!identified_ || read.subscription == kBefore);
  const bool drop = options_.buffer && from.qos == 0 && bytes_ > *options_.buffer;
  const bool pass = wanted(message, topic);
  if (!pass || drop) {
    if (pass) ++missed_;
    hold(from, delivered_);
    return;
  }
  report_missed();
  // libmosquitto knows a message of QoS 2 as one of QoS 1.
  message.qos = from.qos;
  if (from.qos > 0 && exactly_once_.count(from.id) != 0) message.qos = 2;
  message.payload.assign(from.payload);
  message.channel = channel_;
  message.time = now_;
  const bool text =
      read.kind_known && read.kind == PayloadKind::binary ? false : valid_utf8(message.payload);
  message.kind = text ? PayloadKind::text : PayloadKind::binary;
  append(std::move(message));
  hold(from, delivered_);
}

Batch MqttInbox::take() {
  report_missed();
  Batch out;
  out.swap(ready_);
  bytes_ = 0;
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
}

}  // namespace rt
