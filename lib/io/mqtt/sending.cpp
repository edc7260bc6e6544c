// The sending half of MqttSession, keeping alive, and ends.
#include <algorithm>

#include "base/log.hpp"
#include "base/text.hpp"
#include "io/mqtt/reasons.hpp"
#include "io/mqtt/session.hpp"
#include "model/topic.hpp"

namespace rt {
namespace {

using mqtt::PacketType;

// What write() leaves behind for the network and for acknowledgements.
constexpr std::size_t kMostUnsent = 1u << 20;
constexpr std::size_t kMostWaiting = 1024;
constexpr std::size_t kMostWaitingBytes = 8u << 20;
// After so much libmosquitto's socket is emptied; after so much of that it goes out.
constexpr std::size_t kCollectEach = 64;
constexpr std::size_t kCollectBytes = 64u << 10;
constexpr std::size_t kSendBytes = 64u << 10;

// Of QoS 1, where the broker names no number of its own.
constexpr std::size_t kMostUnderWay = 256;
constexpr std::uint16_t kFirstId = 0x4000;
constexpr int kNotTaken = 0x95;  // MQTT 5: packet too large

constexpr std::string_view kPingRequest("\xC0\0", 2);
constexpr std::string_view kDisconnect("\xE0\0", 2);
// With a session expiry interval of 0 (MQTT 5, section 3.14.2.2.2).
constexpr std::string_view kDisconnectForGood("\xE0\7\0\5\x11\0\0\0\0", 9);
// Each for what the broker has to say before DISCONNECT, and after it.
constexpr Milliseconds kCloseTime = 2s;
constexpr Milliseconds kShortCloseTime = 200ms;
constexpr Milliseconds kShortLife = 5s;
constexpr int kShortLives = 3;

}  // namespace

// --- to the network ------------------------------------------------------------------------------

// Takes what libmosquitto has written. Its acknowledgements of what came are not for sending: the
// inbox makes them when they are due.
void MqttSession::collect() {
  collected_.clear();
  if (Result<void> got = engine_->collect(collected_); !got) return fail(got.error());
  if (collected_.empty()) return;
  outgoing_->receive(collected_);
  const char* begin = nullptr;
  const char* end = nullptr;
  while (const auto packet = outgoing_->next()) {
    if (packet->type == PacketType::puback) continue;
    const bool inside = packet->bytes.data() >= collected_.data() &&
                        packet->bytes.data() < collected_.data() + collected_.size();
    if (inside && end == packet->bytes.data()) {
      end += packet->bytes.size();
      continue;
    }
    if (begin != end) out_.append(begin, end);
    begin = end = nullptr;
    if (!inside) {
      out_ += packet->bytes;
      continue;
    }
    begin = packet->bytes.data();
    end = begin + packet->bytes.size();
  }
  if (begin != end) out_.append(begin, end);
}

void MqttSession::send() {
  if (!stream_ || writable_armed_) return;
  bool any = false;
  while (unsent() > 0) {
    const Result<std::size_t> sent = stream_->send(std::string_view(out_).substr(out_sent_));
    // How the connection ended may still lie in what came: reading will tell.
    if (!sent && holding_) return end(sent.error());
    if (!sent) {
      out_sent_ = 0;
      out_.clear();
      break;
    }
    if (*sent == 0) break;
    if (trace_) trace_->sent(std::string_view(out_).substr(out_sent_, *sent));
    out_sent_ += *sent;
    any = true;
  }
  if (any) last_sent_ = std::chrono::steady_clock::now();
  if (unsent() == 0) {
    out_.clear();
    out_sent_ = 0;
  } else {
    if (out_sent_ > kMostUnsent) {
      out_.erase(0, out_sent_);
      out_sent_ = 0;
    }
    writable_armed_ = true;
    stream_->on_writable([this] {
      writable_armed_ = false;
      send();
    });
  }
  if (any) room_.notify_all();
}

bool MqttSession::overfull() const {
  return unsent() > kMostUnsent || waiting_ >= kMostWaiting || waiting_bytes_ > kMostWaitingBytes;
}

// --- publishing ----------------------------------------------------------------------------------

Result<const std::string*> MqttSession::topic_for(const Message& message) {
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
  else if (topic_.find_first_of("+#") != std::string::npos)
    why = "has + or #, which a topic cannot have";
  else if (!MqttEngine::can_carry_topic(topic_))
    why = "has characters that a topic cannot have";
  if (why.empty()) return &topic_;
  topic_.clear();
  if (!channel.empty()) why = "'" + printable(channel) + "': " + why;
  return Error(Fault::usage, "cannot publish: " + why);
}

// Absent: none, as in MQTT 3.1.1.
Result<const mqtt5__property*> MqttSession::properties_for(const Message& message) {
  const bool text = message.kind == PayloadKind::text && valid_utf8(message.payload);
  const PayloadKind kind = text ? PayloadKind::text : PayloadKind::binary;
  const bool plain = has_only_payload(message);
  MqttProperties& list = plain ? common_[text ? 1 : 0] : own_;
  std::string& bytes = plain ? common_bytes_[text ? 1 : 0] : own_bytes_;
  if (!plain || list.list() == nullptr) {
    Result<MqttProperties> made = properties_of(message, kind, options_.properties);
    if (!made) return made.error();
    list = std::move(*made);
    bytes = encoded(list.list());
  }
  property_bytes_ = bytes;
  return list.list();
}

Result<void> MqttSession::publish_exactly_once(const Message& message) {
  const Result<const std::string*> topic = topic_for(message);
  if (!topic) return topic.error();
  Result<const mqtt5__property*> properties = nullptr;
  if (engine_->v5()) properties = properties_for(message);
  if (!properties) return properties.error();
  if (options_.retain.value_or(message.retain) && !limits_.retain)
    return Error(Fault::usage, "the broker does not retain messages");
  const Result<std::uint16_t> id =
      engine_->publish(**topic, message.payload, options_.qos,
                       options_.retain.value_or(message.retain), *properties);
  if (!id) return id.error();
  await_acknowledgement(*id, message);
  return {};
}

// Valid until the next call. Errors (usage): what MQTT or this broker cannot carry.
Result<mqtt::Publish> MqttSession::prepare(const Message& message) {
  mqtt::Publish out;
  const Result<const std::string*> topic = topic_for(message);
  if (!topic) return topic.error();
  out.topic = **topic;
  out.payload = message.payload;
  out.qos = options_.qos;
  out.retain = options_.retain.value_or(message.retain);
  const bool v5 = engine_->v5();
  if (v5) {
    const Result<const mqtt5__property*> properties = properties_for(message);
    if (!properties) return properties.error();
    out.properties = property_bytes_;
  }
  const std::size_t size = mqtt::publish_size(out, v5);
  if (size > mqtt::kLongestRemaining)
    return Error(Fault::usage, "a message is longer than MQTT can carry");
  if (size > limits_.packet)
    return Error(Fault::usage, "a message of " + std::to_string(message.payload.size()) +
                                   " bytes is longer than the broker accepts");
  if (out.qos > limits_.qos)
    return Error(Fault::usage, "the broker does not offer this QoS (--qos)");
  if (out.retain && !limits_.retain)
    return Error(Fault::usage, "the broker does not retain messages");
  return out;
}

Result<void> MqttSession::publish(const MessagePtr& message) {
  if (!sends_itself()) return publish_exactly_once(*message);
  const Result<mqtt::Publish> prepared = prepare(*message);
  if (!prepared) return prepared.error();
  if (options_.qos == 0) {
    mqtt::append_publish(out_, *prepared, engine_->v5());
    return {};
  }
  // Far from the identifiers of libmosquitto's subscriptions.
  last_id_ = std::max<std::uint16_t>(kFirstId, static_cast<std::uint16_t>(last_id_ + 1));
  outbox_.push_back({message, last_id_});
  await_acknowledgement(last_id_, *message);
  return {};
}

// QoS 1: as much as the broker wants to have under way.
void MqttSession::send_waiting() {
  if (hang_ups_.found()) give_up_found();
  const std::size_t most =
      hang_ups_.cautious() ? 1 : std::min<std::size_t>(kMostUnderWay, limits_.unacknowledged);
  for (; sent_ < std::min(most, outbox_.size()); ++sent_) {
    Waiting& waiting = outbox_[sent_];
    if (waiting.over) continue;
    Result<mqtt::Publish> prepared = prepare(*waiting.message);
    if (!prepared) {
      // Only a broker that is not what it was before can be the reason.
      Log::warn(prepared.error().text());
      on_published(waiting.id, kNotTaken);
      waiting.over = true;
      continue;
    }
    prepared->id = waiting.id;
    prepared->dup = std::exchange(waiting.sent, true);
    mqtt::append_publish(out_, *prepared, engine_->v5());
  }
}

void MqttSession::acknowledged(std::uint16_t id, int reason) {
  const auto end = outbox_.begin() + static_cast<std::ptrdiff_t>(sent_);
  const auto found =
      std::find_if(outbox_.begin(), end, [&](const Waiting& waiting) { return waiting.id == id; });
  if (found == end) return;
  found->over = true;
  answered_here_ = true;
  hang_ups_.answered(id);
  on_published(id, reason);
  while (sent_ > 0 && outbox_.front().over) {
    outbox_.pop_front();
    --sent_;
  }
}

// A broker that hangs up at a message without a word (MQTT 3.1.1 has none) would get it for ever.
void MqttSession::note_unanswered() {
  const auto is_open = [](const Waiting& waiting) { return !waiting.over; };
  const auto end = outbox_.begin() + static_cast<std::ptrdiff_t>(sent_);
  const auto first = std::find_if(outbox_.begin(), end, is_open);
  if (first == end) return;
  hang_ups_.lost(answered_here_, static_cast<std::size_t>(std::count_if(first, end, is_open)),
                 first->id, first->message->payload.size());
}

// On a new connection, before anything is sent on it.
void MqttSession::give_up_found() {
  const std::uint64_t id = hang_ups_.suspect();
  hang_ups_.answered(id);
  while (sent_ == 0 && !outbox_.empty() && outbox_.front().over) outbox_.pop_front();
  if (sent_ > 0 || outbox_.empty() || outbox_.front().id != id) return;
  Log::warn("the broker hangs up each time that a message of " +
            std::to_string(outbox_.front().message->payload.size()) +
            " bytes is sent to it: it is given up (perhaps it is longer than the broker accepts)");
  on_published(static_cast<std::uint16_t>(id), kNotTaken);
  outbox_.pop_front();
  room_.notify_all();
}

void MqttSession::await_acknowledgement(std::uint16_t id, const Message& message) {
  if (waiting_sizes_.empty()) waiting_sizes_.resize(65536);
  waiting_sizes_[id] = static_cast<std::uint32_t>(message.payload.size() + 1);
  ++waiting_;
  waiting_bytes_ += message.payload.size();
}

void MqttSession::on_published(std::uint16_t id, int reason) {
  if (waiting_sizes_.empty() || waiting_sizes_[id] == 0) return;
  const std::size_t bytes = waiting_sizes_[id] - 1;
  waiting_bytes_ -= bytes;
  waiting_sizes_[id] = 0;
  --waiting_;
  if (reason >= 0x80) {
    refused_ += {1, bytes};
    ++not_taken_;
    not_taken_reason_ = reason;
  }
}

// What was published goes to the output.
void MqttSession::pass_on() {
  if (!sends_itself()) return collect();
  send_waiting();
}

asio::awaitable<Result<void>> MqttSession::write(Messages& rest) {
  if (!connected()) co_return lost();
  std::size_t uncollected = 0;
  std::size_t bytes = 0;
  while (!rest.empty()) {
    const MessagePtr& message = rest.front();
    if (!message->gap) {
      const Result<void> published = publish(message);
      if (!published) {
        pass_on();
        send();
        co_return published;
      }
      bytes += message->payload.size();
    }
    rest = rest.subspan(1);
    if (++uncollected < kCollectEach && bytes < kCollectBytes) continue;
    uncollected = bytes = 0;
    pass_on();
    if (unsent() >= kSendBytes || overfull()) send();
    while (connected() && overfull()) co_await room_.wait();
    if (!connected()) co_return lost();
  }
  pass_on();
  send();
  while (connected() && overfull()) co_await room_.wait();
  if (!connected()) co_return lost();
  co_return Result<void>();
}

asio::awaitable<Result<void>> MqttSession::flush() {
  while (connected() && (waiting_ > 0 || unsent() > 0)) co_await room_.wait();
  // The others are sent again before a refusal is told.
  if (!connected() && waiting_ > 0) co_return lost();
  if (not_taken_ > 0) {
    const Error refused = publication_refusal(not_taken_reason_, not_taken_);
    not_taken_ = 0;
    co_return refused;
  }
  if (!connected()) co_return lost();
  co_return Result<void>();
}

// --- keeping alive, ending -----------------------------------------------------------------------

void MqttSession::arm_timer() {
  if (keepalive_.count() == 0) return;
  timer_.expires_after(std::clamp<Milliseconds>(keepalive_ / 8, 50ms, 5s));
  timer_.async_wait([this, alive = std::weak_ptr<char>(alive_)](asio::error_code failed) {
    if (!failed && !alive.expired() && stream_) on_timer();
  });
}

// Section 3.1.2.10. While nothing is read, an answer to a ping cannot be seen: then pings go on,
// so that the broker keeps the connection, and nobody is taken for dead.
void MqttSession::on_timer() {
  const SteadyTime now = std::chrono::steady_clock::now();
  const Milliseconds soon = keepalive_ - keepalive_ / 8;
  const Milliseconds patience = std::max<Milliseconds>(keepalive_ / 2, 1s);
  if (pinged_ && !holding_ && now - std::max(*pinged_, resumed_) >= patience)
    return end(Error(Fault::network,
                     "the broker does not answer: the connection is taken for "
                     "dead (--keepalive)"));
  const bool quiet = now - last_sent_ >= soon || (!holding_ && now - last_received_ >= soon);
  const bool again = !pinged_ || (holding_ && now - *pinged_ >= soon);
  if (quiet && again && connected()) {
    pinged_ = now;
    out_ += kPingRequest;
    send();
    if (!stream_) return;
  }
  arm_timer();
}

void MqttSession::fail(Error error) {
  if (error.fatal() && connected()) refusal_ = error;
  end(std::move(error));
}

void MqttSession::end(std::optional<Error> error) {
  timer_.cancel();
  pause_.cancel();
  if (stream_) {
    if (phase_ == Phase::up) note_short_life();
    if (phase_ == Phase::up && !closing_) note_unanswered();
    error_ = std::move(error);
    stream_.reset();
    engine_->end();
  }
  phase_ = Phase::closed;
  changed_.notify_all();
  arrived_.notify_all();
  room_.notify_all();
}

// Two clients of one identifier throw each other out, and MQTT 3.1.1 has no word for that.
void MqttSession::note_short_life() {
  const bool short_life = std::chrono::steady_clock::now() - up_since_ < kShortLife;
  short_lives_ = short_life ? short_lives_ + 1 : 0;
  if (short_lives_ == kShortLives && !made_id_)
    Log::warn("the connection is lost again and again: is another client of the identifier '" +
              printable(options_.client_id) + "' there (--client-id)?");
}

Error MqttSession::lost() const {
  if (error_) return *error_;
  return Error(Fault::network, "the connection was closed by the broker" + how_it_ended_);
}

Error MqttSession::no_answer() const {
  const std::string why =
      error_ ? error_->text() + ": " : std::string("the connection was closed: ");
  return Error(Fault::network,
               why + "the broker did not answer CONNECT" +
                   (options_.endpoint.tls ? " (it may want a certificate: --cert)"
                                          : " (perhaps the port speaks TLS: mqtts://)"));
}

// A message of QoS 2 whose release has not come would be printed again by the next program: so no
// more are taken, and the releases are awaited. A socket that is closed with something unread in it
// would take back what was sent: hence the end waits for the broker's.
asio::awaitable<void> MqttSession::close() {
  SteadyTime deadline =
      std::chrono::steady_clock::now() + (hurried_ ? kShortCloseTime / 2 : kCloseTime);
  bool in_time = true;
  if (connected()) {
    closing_ = true;
    inbox_.append_acknowledgements(out_);
    send();
    if (stream_) hold_or_go_on();
    while (connected() && in_time && (unsent() > 0 || inbox_.awaits_release()))
      in_time = co_await room_.wait_until(deadline);
  }
  if (connected()) {
    // Nobody can come back to a session whose identifier was made here.
    out_ += made_id_ && engine_->v5() ? kDisconnectForGood : kDisconnect;
    send();
    deadline = std::chrono::steady_clock::now() + (hurried_ ? kShortCloseTime / 2 : kCloseTime);
    in_time = true;
    while (connected() && unsent() > 0 && in_time) in_time = co_await room_.wait_until(deadline);
    if (connected() && unsent() == 0) {
      phase_ = Phase::leaving;
      timer_.cancel();
      stream_->end_sending();
      while (stream_ && in_time) in_time = co_await room_.wait_until(deadline);
    }
  }
  end(std::nullopt);
}

}  // namespace rt
