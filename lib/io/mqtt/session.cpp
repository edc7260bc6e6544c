#include "io/mqtt/session.hpp"

#include <utility>

#include "base/log.hpp"
#include "base/random.hpp"
#include "codec/mqtt_check.hpp"
#include "codec/mqtt_connect.hpp"
#include "io/mqtt/reasons.hpp"

namespace rt {
namespace {

using mqtt::PacketType;

// What waits for read() before the network is read no more.
constexpr std::size_t kMostReady = 1u << 20;
constexpr int kReadsInARow = 16;
constexpr std::size_t kPauseBytes = 64u << 10;  // more than comes in a pause

MqttClientOptions completed(MqttClientOptions options) {
  if (!options.client_id.empty()) return options;
  Random random = Random::from_system();
  options.client_id = mqtt::made_client_id(random);
  return options;
}

}  // namespace

MqttSession::MqttSession(Reactor& reactor, MqttClientOptions options)
    : reactor_(reactor),
      made_id_(options.client_id.empty()),
      options_(completed(std::move(options))),
      inbox_(options_),
      subscriptions_(options_),
      changed_(reactor.executor()),
      arrived_(reactor.executor()),
      room_(reactor.executor()),
      pause_(reactor.context()),
      timer_(reactor.context()) {}

MqttSession::~MqttSession() = default;

// --- connecting ----------------------------------------------------------------------------------

asio::awaitable<Result<void>> MqttSession::connect() {
  end(std::nullopt);
  refusal_.reset();
  how_it_ended_.clear();
  const bool v5 = options_.protocol != MqttProtocol::v311 && !only_v311_;
  Result<void> result = co_await attempt(v5);
  if (result || !v5 || options_.protocol != MqttProtocol::automatic) co_return result;
  // Old brokers refuse version 5, or hang up without a word; one that has spoken it is in trouble.
  const bool refused = connack_ && refuses_version(*connack_);
  if (!refused && (!hung_up_ || was_connected_)) co_return result;
  result = co_await attempt(false);
  if (result) only_v311_ = true;
  co_return result;
}

Result<void> MqttSession::start(bool v5) {
  if (!engine_ || engine_->v5() != v5) {
    MqttEngine::Handler& handler = *this;
    MqttClientOptions with = options_;
    // There is no session under an identifier that was just made, and Mosquitto (seen in 2.0.11)
    // saves over its own restart only those that were not asked for as clean ones.
    if (made_id_ && v5 && outlives()) with.clean = false;
    engine_ = std::make_unique<MqttEngine>(handler, with, options_.client_id, v5);
  }
  if (Result<void> begun = engine_->begin(); !begun) return begun;
  incoming_ = std::make_unique<mqtt::PacketSplitter>(options_.max_message + mqtt::kMostHead);
  outgoing_ = std::make_unique<mqtt::PacketSplitter>(std::size_t{1} << 30);
  if (trace::on())
    trace_ = std::make_unique<trace::MqttTrace>(v5, options_.max_message + mqtt::kMostHead);
  out_.clear();
  out_sent_ = 0;
  sent_ = 0;
  answered_here_ = false;
  writable_armed_ = holding_ = answered_ = closing_ = false;
  pinged_.reset();
  error_.reset();
  fault_.reset();
  fresh_.reset();
  subscriptions_.begin();
  phase_ = Phase::connecting;
  collect();
  // A new session is wanted of the first connection only, where the session outlives connections.
  if (was_connected_ && v5 && outlives()) mqtt::resume_session(out_);
  last_received_ = std::chrono::steady_clock::now();
  send();
  if (stream_) arm_readable();
  return {};
}

asio::awaitable<Result<void>> MqttSession::attempt(bool v5) {
  connack_.reset();
  hung_up_ = false;
  stream_ = std::make_unique<NetStream>(
      reactor_, NetStreamOptions{options_.endpoint.host, options_.endpoint.port,
                                 options_.endpoint.tls, options_.tls, options_.connect_timeout});
  const SteadyTime deadline = std::chrono::steady_clock::now() + options_.connect_timeout;
  Result<void> connected = co_await stream_->connect();
  if (!connected) {
    stream_.reset();
    co_return connected;
  }
  Result<void> started = start(v5);
  if (!started) {
    end(std::nullopt);
    co_return started;
  }
  keepalive_ = options_.keepalive;
  while (stream_ && phase_ != Phase::up) {
    // What a broker has kept comes before its last word about the subscriptions: it must be read.
    if (phase_ == Phase::subscribing && holding_) break;
    const bool woken = co_await changed_.wait_until(deadline);
    if (woken || !stream_ || phase_ == Phase::up) continue;
    end(std::nullopt);
    co_return Error(Fault::network, "the broker did not answer in time")
        .with_hint("--connect-timeout");
  }
  // What came before an end is to be read: what the end was is said then.
  if (stream_ || !inbox_.empty()) {
    was_connected_ = true;
    co_return Result<void>();
  }
  hung_up_ = !connack_ && (!error_ || error_->fault() == Fault::network);
  if (refusal_) co_return *refusal_;
  if (hung_up_ && !answered_ && how_it_ended_.empty()) co_return no_answer();
  co_return lost();
}

void MqttSession::on_accepted(const MqttAccepted& accepted) {
  fresh_ = accepted;
}

Result<void> MqttSession::subscribe() {
  const MqttAccepted accepted = *fresh_;
  fresh_.reset();
  limits_ = accepted.limits;
  up_since_ = std::chrono::steady_clock::now();
  if (Result<void> possible = subscriptions_.check(accepted); !possible) return possible;
  phase_ = Phase::subscribing;
  if (accepted.keep_alive) keepalive_ = std::chrono::seconds(*accepted.keep_alive);
  arm_timer();
  const bool identified = engine_->v5() && accepted.subscription_ids;
  inbox_.begin(accepted.session_present, identified);
  if (was_connected_ && !accepted.session_present && options_.qos > 0 &&
      !options_.filters.empty()) {
    Log::warn("the broker has kept no session: what was published meanwhile is missing");
    inbox_.forgotten();
  }
  const bool goes_on = accepted.session_present && was_connected_;
  if (Result<void> asked = subscriptions_.request(*engine_, identified, goes_on); !asked)
    return asked;
  if (subscriptions_.complete()) phase_ = Phase::up;
  changed_.notify_all();
  return {};
}

void MqttSession::on_subscribed(int request, std::span<const int> granted) {
  if (Result<void> answered = subscriptions_.answered(request, granted); !answered) {
    fault_ = answered.error();
    if (fault_->fault() == Fault::refused) refusal_ = fault_;
    return;
  }
  if (phase_ != Phase::subscribing || !subscriptions_.complete()) return;
  phase_ = Phase::up;
  changed_.notify_all();
}

// --- from the network ----------------------------------------------------------------------------

void MqttSession::arm_readable() {
  stream_->readable_from(1);
  stream_->on_readable([this] { on_readable(); });
}

void MqttSession::on_readable() {
  const std::span<char> scratch = reactor_.scratch();
  if (phase_ == Phase::leaving) {
    const Result<NetStream::Received> got = stream_->receive(scratch);
    if (!got || got->ended) return end(std::nullopt);
    return arm_readable();
  }
  inbox_.set_time(wall_now());
  for (int i = 0; i < kReadsInARow; ++i) {
    const Result<NetStream::Received> got = stream_->receive(scratch);
    if (!got) return end(got.error());
    if (got->ended) return end(std::nullopt);
    if (got->size == 0) break;
    last_received_ = std::chrono::steady_clock::now();
    pinged_.reset();
    receive({scratch.data(), got->size});
    if (!stream_ || holding_) return;
    if (got->size < scratch.size() && !options_.endpoint.tls) break;
  }
  wait_for_more();
}

// Not while somebody waits for acknowledgements.
void MqttSession::wait_for_more() {
  const bool awaited = waiting_ > 0 || inbox_.holds();
  if (!dense_wakes_.note(std::chrono::steady_clock::now(), inbox_.delivered(), awaited))
    return arm_readable();
  stream_->readable_from(kPauseBytes);
  pause_.expires_after(DenseWakes::kPause);
  pause_.async_wait([this, alive = std::weak_ptr<char>(alive_)](asio::error_code failed) {
    if (!failed && !alive.expired() && stream_ && !holding_) on_readable();
  });
}

void MqttSession::receive(std::string_view bytes) {
  if (trace_) trace_->received(bytes);
  // What is no broker may send something that looks like the beginning of a long packet.
  if (phase_ == Phase::connecting && !answered_ &&
      static_cast<std::uint8_t>(bytes[0]) >> 4 != static_cast<int>(PacketType::connack))
    return fail(no_broker(bytes));
  answered_ = true;
  incoming_->receive(bytes);
  // Packets for libmosquitto that lie one behind the other go to it in one piece.
  mqtt::PacketRun run;
  Result<void> done;
  while (auto packet = incoming_->next()) {
    done = take(*packet, run);
    // A packet that was put together is gone with the next.
    const bool inside =
        packet->bytes.data() >= bytes.data() && packet->bytes.data() < bytes.data() + bytes.size();
    if (done && !inside) done = feed(run);
    if (!done || !stream_) break;
  }
  // What came before something bad is handed on.
  if (stream_) {
    const Result<void> fed = feed(run);
    if (done) done = fed;
  }
  if (done) done = incoming_->status();
  if (!inbox_.empty()) arrived_.notify_all();
  if (options_.qos > 0) room_.notify_all();
  if (!stream_) return;
  if (!done) return fail(done.error());
  inbox_.append_acknowledgements(out_);
  if (std::exchange(fed_, false)) collect();
  if (connected()) send_waiting();
  send();
  if (stream_) hold_or_go_on();
}

Result<void> MqttSession::take(const mqtt::Packet& packet, mqtt::PacketRun& run) {
  Result<void> done;
  if (phase_ != Phase::connecting) {
    const bool message = packet.type == PacketType::publish;
    // It stays at the broker.
    if (message && closing_) return {};
    if (message && inbox_.is_too_long(packet, engine_->v5())) {
      done = feed(run);
      return done ? inbox_.skip(packet) : done;
    }
    // libmosquitto may end the process for what it does not expect.
    if (!message) done = mqtt::check_from_broker(packet, engine_->v5());
    if (!done || take_known(packet, run, done)) return done;
    if (message) done = mqtt::check_from_broker(packet, engine_->v5());
    if (!done) return done;
  }
  const bool plain = packet.type == PacketType::puback || packet.type == PacketType::pubrec ||
                     packet.type == PacketType::pubcomp || packet.type == PacketType::suback ||
                     packet.type == PacketType::unsuback ||
                     (packet.type == PacketType::publish && packet.qos() != 2);
  if (plain && phase_ != Phase::connecting) {
    if (run.add(packet.bytes)) return {};
    done = feed(run);
    if (done) run.add(packet.bytes);
    return done;
  }
  done = feed(run);
  if (!done) return done;
  switch (packet.type) {
    case PacketType::connack:
      if (phase_ == Phase::connecting) return take_connack(packet);
      break;
    case PacketType::publish:
      if (phase_ != Phase::connecting) return take_publish(packet);
      break;
    case PacketType::pubrel:
      if (const auto id = mqtt::packet_id(packet)) {
        inbox_.release(*id);
        mqtt::append_acknowledgement(out_, PacketType::pubcomp, *id);
        return {};
      }
      break;
    case PacketType::pingresp:
      return {};
    case PacketType::disconnect: {
      const std::uint8_t code = mqtt::reason_code(packet);
      if (code != 0) how_it_ended_ = " (" + mqtt_reason_text(code) + ")";
      refusal_ = final_disconnect(code);
      if (phase_ == Phase::connecting && refusal_) return *refusal_;
      end(std::nullopt);
      return {};
    }
    default:
      break;
  }
  return Error(Fault::protocol, "the broker sent a packet that does not belong there");
}

// What nearly all packets are, without libmosquitto. False: it is not one of these. Whether it is
// well-formed is for libmosquitto to say.
bool MqttSession::take_known(const mqtt::Packet& packet, mqtt::PacketRun& run, Result<void>& done) {
  if (packet.type == PacketType::puback && sends_itself()) {
    const auto id = mqtt::packet_id(packet);
    if (!id || packet.flags != 0) return false;
    acknowledged(*id, mqtt::reason_code(packet));
    return true;
  }
  if (packet.type != PacketType::publish || packet.qos() > 1) return false;
  const auto publish = mqtt::read_publish(packet, engine_->v5());
  if (!publish || (publish->qos == 0 ? publish->dup : publish->id == 0)) return false;
  if (!inbox_.knows_topic(publish->topic) &&
      (publish->topic.empty() || !MqttEngine::can_carry_topic(publish->topic)))
    return false;
  const auto properties = mqtt::read_plain_properties(publish->properties);
  if (!properties) return false;
  if (!run.empty()) done = feed(run);
  if (done) inbox_.receive(*publish, *properties);
  return true;
}

// libmosquitto gets it as one of QoS 1, which it hands on at once: it would ask for the release
// first, and before that the message must be safe (see MqttInbox).
Result<void> MqttSession::take_publish(const mqtt::Packet& packet) {
  const auto id = mqtt::packet_id(packet);
  if (!id) return Error(Fault::protocol, "the broker sent a message without a packet identifier");
  if (!inbox_.is_new(*id)) return {};
  return feed(mqtt::at_least_once(packet), 1);
}

Result<void> MqttSession::take_connack(const mqtt::Packet& packet) {
  if (packet.body.size() < 2)
    return Error(Fault::protocol, "the broker's answer to the connection is not whole");
  connack_ = mqtt::reason_code(packet);
  if (*connack_ != 0) return connection_refusal(*connack_);
  if (Result<void> sound = mqtt::check_from_broker(packet, engine_->v5()); !sound) return sound;
  if (Result<void> fed = feed(packet.bytes, 1); !fed) return fed;
  if (!fresh_)
    return Error(Fault::protocol, "the broker's answer to the connection cannot be read");
  return subscribe();
}

Result<void> MqttSession::feed(mqtt::PacketRun& run) {
  if (run.empty()) return {};
  const mqtt::PacketRun whole = std::exchange(run, {});
  return feed(whole.bytes(), whole.count());
}

Result<void> MqttSession::feed(std::string_view packets, std::size_t count) {
  fed_ = true;
  Result<void> fed = engine_->feed(packets, count);
  if (fault_) return *fault_;
  return fed;
}

void MqttSession::on_message(const mosquitto_message& message, const mqtt5__property* properties) {
  inbox_.receive(message, properties);
}

void MqttSession::hold_or_go_on() {
  const bool hold = inbox_.bytes() > kMostReady && !options_.buffer && !closing_;
  if (hold == holding_) return;
  holding_ = hold;
  if (hold) {
    stream_->forget_readable();
    changed_.notify_all();
    return;
  }
  resumed_ = std::chrono::steady_clock::now();
  arm_readable();
}

asio::awaitable<Result<Batch>> MqttSession::read() {
  while (inbox_.empty() && stream_) co_await arrived_.wait();
  if (!inbox_.empty()) {
    Batch batch = inbox_.take();
    // A session of before may still send at a higher QoS; nobody commits at 0.
    if (options_.qos == 0) commit(0);
    if (stream_ && phase_ != Phase::closed) hold_or_go_on();
    co_return batch;
  }
  if (error_) co_return *error_;
  co_return Batch();
}

void MqttSession::commit(std::size_t left) {
  inbox_.commit(left);
  if (!connected()) return;
  inbox_.append_acknowledgements(out_);
  send();
}

}  // namespace rt
