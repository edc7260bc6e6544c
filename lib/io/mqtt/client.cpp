#include "io/mqtt/client.hpp"

#include <algorithm>
#include <utility>

#include "base/log.hpp"
#include "codec/mqtt_check.hpp"
#include "codec/mqtt_publish.hpp"
#include "codec/mqtt_words.hpp"
#include "io/mqtt/reasons.hpp"
#include "model/host.hpp"
#include "model/scheme.hpp"

namespace rt {
namespace {

using mqtt::PacketType;

constexpr int kReadsInARow = 16;
// After so many messages or bytes those that may go are put into packets, after so many bytes of
// packets they go out.
constexpr std::size_t kPackEach = 64;
constexpr std::size_t kPackBytes = 64u << 10;
constexpr std::size_t kSendBytes = 64u << 10;

SteadyTime now() {
  return std::chrono::steady_clock::now();
}

// What comes first from a broker.
bool may_begin(std::uint8_t first) {
  return first >> 4 == static_cast<int>(PacketType::connack) ||
         first == static_cast<unsigned>(PacketType::auth) << 4;
}

// The broker is woken for acknowledgements anyhow, and may wait for some before it goes on.
constexpr PacketStream::Gathering kAcknowledged = {.dense = std::chrono::microseconds(100),
                                                   .messages = 16,
                                                   .time = std::chrono::microseconds(1000)};

PacketStream::Gathering gathering_of(const MqttClientOptions& options) {
  if (options.qos > 0) return kAcknowledged;
  PacketStream::Gathering out;
  if (reads_in_large_pieces(options)) out.time = std::chrono::microseconds(2000);
  return out;
}

Error asks_for_auth() {
  return Error(Fault::protocol,
               "the broker wants an exchange of AUTH packets (enhanced authentication of MQTT 5), "
               "which is not spoken here");
}

Error misplaced() {
  return Error(Fault::protocol, "the broker sent a packet that does not belong there");
}

}  // namespace

MqttClient::MqttClient(Reactor& reactor, MqttClientOptions options)
    : options_(std::move(options)),
      stream_(
          reactor, carrier_of(options_), options_.max_message + mqtt::kMostHead,
          gathering_of(options_), [this] { on_readable(); }, [this] { send(); }),
      handshake_(options_),
      inbox_(options_),
      outbox_(options_),
      timer_(reactor.executor()),
      ending_(options_),
      changed_(reactor.executor()),
      arrived_(reactor.executor()),
      room_(reactor.executor()) {}

MqttClient::~MqttClient() = default;

// --- connecting ----------------------------------------------------------------------------------

asio::awaitable<Result<void>> MqttClient::connect() {
  end(std::nullopt);
  ending_.forget();
  go_elsewhere();
  Result<void> result = co_await attempts();
  if (!result && go_elsewhere()) {
    ending_.forget();
    result = co_await attempts();
  }
  co_return result;
}

asio::awaitable<Result<void>> MqttClient::attempts() {
  Result<void> result = co_await attempt(handshake_.tries_v5());
  if (!result && handshake_.leaves_id_to_broker()) result = co_await attempt(true);
  if (!result && handshake_.is_worth_v311(hung_up_)) result = co_await attempt(false);
  co_return result;
}

// Of several references (MQTT 5, section 4.13.2) the first.
void MqttClient::note_redirect(std::uint8_t code, const mqtt::Packet& packet) {
  if (!options_.follows_redirect || options_.carrier || moved_ || !sends_elsewhere(code)) return;
  const std::string_view all = mqtt::words_of(packet).server;
  const Result<HostPort> place = parse_host_port(all.substr(0, all.find(' ')));
  if (!place || place->host.empty()) return;
  Endpoint to = options_.endpoint;
  to.host = place->host;
  to.port = default_port(Transport::mqtt, to.tls);
  if (!place->port.empty()) {
    const auto port = check_port(place->port, 1);
    if (!port) return;
    to.port = *port;
  }
  elsewhere_ = std::move(to);
}

bool MqttClient::go_elsewhere() {
  if (!elsewhere_ || moved_) return false;
  moved_ = true;
  MqttClientOptions there = options_;
  there.endpoint = *elsewhere_;
  Log::info("the broker sends us on to " + there.endpoint.display());
  stream_.go_by(carrier_of(there));
  return true;
}

asio::awaitable<Result<void>> MqttClient::attempt(bool v5) {
  hung_up_ = false;
  handshake_.prepare(v5);
  const SteadyTime deadline = now() + options_.connect_timeout;
  Result<void> connected = co_await stream_.connect();
  if (!connected) co_return connected;
  Result<void> started = start();
  if (!started) {
    end(std::nullopt);
    co_return started;
  }
  while (stream_.open() && phase_ != Phase::up) {
    // What a broker has kept comes before its last word about the subscriptions: it must be read.
    if (phase_ == Phase::subscribing && holding_) break;
    const bool woken = co_await changed_.wait_until(deadline);
    if (woken || !stream_.open() || phase_ == Phase::up) continue;
    end(std::nullopt);
    co_return Error(Fault::network, "the broker did not answer in time")
        .with_hint("--connect-timeout");
  }
  // What came before an end is to be read: what the end was is said then.
  if (stream_.open() || !inbox_.empty()) {
    handshake_.established();
    co_return Result<void>();
  }
  const std::optional<Error>& error = ending_.error();
  hung_up_ = !handshake_.answered() && (!error || error->fault() == Fault::network);
  if (ending_.refusal()) co_return *ending_.refusal();
  co_return hung_up_ && !answered_ ? ending_.no_answer() : ending_.lost();
}

Result<void> MqttClient::start() {
  stream_.begin(handshake_.v5());
  holding_ = answered_ = closing_ = false;
  ending_.begin();
  if (Result<void> begun = handshake_.begin(stream_.out()); !begun) return begun;
  phase_ = Phase::connecting;
  send();
  if (stream_.open()) stream_.wait_for_packets();
  return {};
}

Result<void> MqttClient::take_connack(const mqtt::Packet& packet) {
  const Result<MqttAccepted> accepted = handshake_.take_connack(packet);
  if (!accepted) {
    note_redirect(mqtt::reason_code(packet), packet);
    return accepted.error();
  }
  phase_ = Phase::subscribing;
  if (handshake_.discards()) {
    closing_ = true;
    note_granted();
    return {};
  }
  ending_.note_up(now());
  pinged_.reset();
  keep_alive_.begin(
      accepted->keep_alive ? std::chrono::seconds(*accepted->keep_alive) : options_.keepalive,
      now());
  arm_timer();
  const bool kept = accepted->session_present;
  inbox_.begin(kept, handshake_.v5() && accepted->subscription_ids && !options_.manner);
  outbox_.begin(handshake_.v5(), accepted->limits, kept);
  const bool missed = handshake_.was_established() && !kept && options_.qos > 0 &&
                      !options_.filters.empty() && !options_.manner;
  if (missed) {
    if (!options_.own_broker)
      Log::warn("the broker has kept no session: what was published meanwhile is missing");
    inbox_.forgotten();
  }
  if (Result<void> asked = handshake_.subscribe(*accepted, stream_.out()); !asked) return asked;
  note_granted();
  return {};
}

void MqttClient::note_granted() {
  const bool complete = phase_ == Phase::subscribing && handshake_.complete();
  if (complete) phase_ = Phase::up;
  changed_.notify_all();
  // So that a short run has a round trip, too.
  if (complete && options_.round_trips && !closing_) ping();
}

// --- from the broker -----------------------------------------------------------------------------

void MqttClient::on_readable() {
  if (holding_) return;
  if (phase_ == Phase::leaving) return pass_over();
  inbox_.set_time(wall_now());
  for (int i = 0; i < kReadsInARow; ++i) {
    const Result<PacketStream::Came> came = stream_.receive();
    if (!came) return end(came.error());
    if (*came == PacketStream::Came::end) return end(std::nullopt);
    if (*came == PacketStream::Came::nothing) break;
    keep_alive_.received(now());
    take_received();
    if (!stream_.open() || holding_) return;
    if (*came == PacketStream::Came::all_for_now) break;
  }
  // Where round trips are measured nothing makes them longer.
  const std::size_t under_way = options_.round_trips ? 0 : outbox_.under_way();
  const std::size_t answers = answer_wakes_.note(under_way, outbox_.answers());
  if (answers > 1)
    stream_.wait_for_bytes(answers * mqtt::kAcknowledgementBytes, AnswerWakes::kPause);
  else
    stream_.wait_for_more(inbox_.delivered(), outbox_.unacknowledged().messages > 0);
}

void MqttClient::pass_over() {
  const Result<PacketStream::Came> came = stream_.receive();
  if (!came || *came == PacketStream::Came::end) return end(std::nullopt);
  stream_.wait_for_packets();
}

void MqttClient::take_received() {
  // What is no broker may send something that looks like the beginning of a long packet.
  const std::string_view bytes = stream_.received();
  if (phase_ == Phase::connecting && !std::exchange(answered_, true) &&
      !may_begin(static_cast<std::uint8_t>(bytes[0]))) {
    const Error wrong = no_broker(bytes, options_.endpoint.display_otherwise());
    while (stream_.next()) continue;  // -v shows them
    return fail(wrong);
  }
  Result<void> done;
  while (const auto packet = stream_.next()) {
    done = take(*packet);
    if (!done || !stream_.open()) break;
  }
  if (done) done = stream_.status();
  // What came before something bad is handed on.
  if (!inbox_.empty()) arrived_.notify_all();
  if (!stream_.open()) return;
  if (!done) return fail(done.error());
  if (outbox_.over_quota()) return end(ending_.over_quota());
  inbox_.append_acknowledgements(stream_.out());
  if (!handshake_.discards()) outbox_.send_waiting(stream_.out());
  if (options_.qos > 0) room_.notify_all();
  send();
  if (stream_.open()) stop_or_go_on();
}

Result<void> MqttClient::take(const mqtt::Packet& packet) {
  if (phase_ == Phase::connecting) {
    if (packet.type == PacketType::auth) return asks_for_auth();
    if (packet.type != PacketType::connack) return misplaced();
    return take_connack(packet);
  }
  if (packet.type == PacketType::publish) {
    // What nobody reads, and what comes after the beginning of a close, stays at the broker: it is
    // not acknowledged.
    if (closing_ || options_.filters.empty()) return {};
    return inbox_.receive(packet, handshake_.v5());
  }
  if (Result<void> sound = mqtt::check_from_broker(packet, handshake_.v5()); !sound) return sound;
  switch (packet.type) {
    case PacketType::puback:
    case PacketType::pubrec:
    case PacketType::pubcomp:
      outbox_.answered(packet, stream_.out());
      return {};
    case PacketType::pubrel:
      inbox_.release(*mqtt::packet_id(packet), stream_.out());
      return {};
    case PacketType::suback: {
      Result<void> granted = handshake_.take_suback(packet);
      if (granted) note_granted();
      return granted;
    }
    case PacketType::unsuback:
      return options_.manner ? Result<void>() : misplaced();
    case PacketType::pingresp:
      if (pinged_) options_.round_trips->add(*std::exchange(pinged_, std::nullopt), now());
      return {};
    case PacketType::auth:
      return asks_for_auth();
    case PacketType::disconnect:
      note_redirect(mqtt::reason_code(packet), packet);
      ending_.note_disconnect(mqtt::reason_code(packet), mqtt::words_of(packet));
      if (elsewhere_ && !moved_) ending_.forget();
      end(std::nullopt);
      return {};
    default:
      return misplaced();
  }
}

void MqttClient::stop_or_go_on() {
  const bool hold = inbox_.is_full() && !closing_;
  if (hold == holding_) return;
  holding_ = hold;
  if (hold) {
    held_since_ = now();
    room_.notify_all();
    stream_.stop_waiting();
    keep_alive_.stop_reading();
    changed_.notify_all();
    return;
  }
  keep_alive_.read_again(now());
  stream_.wait_for_packets();
}

asio::awaitable<Result<Batch>> MqttClient::read() {
  while (inbox_.empty() && stream_.open()) co_await arrived_.wait();
  if (!inbox_.empty()) {
    Batch batch = inbox_.take();
    // A session of before may still send at a higher QoS; nobody commits at 0.
    if (options_.qos == 0) commit(0);
    if (stream_.open() && phase_ != Phase::closed) stop_or_go_on();
    co_return batch;
  }
  if (ending_.error()) co_return *ending_.error();
  co_return Batch();
}

void MqttClient::commit(std::size_t left) {
  inbox_.commit(left);
  if (!connected()) return;
  inbox_.append_acknowledgements(stream_.out());
  send();
}

// --- to the broker -------------------------------------------------------------------------------

void MqttClient::send() {
  const Result<PacketStream::Sent> sent = stream_.send();
  if (!sent) {
    // How the connection ended may still lie in what came: reading will tell.
    if (holding_) return end(sent.error());
    stream_.drop_unsent();
    room_.notify_all();
    return;
  }
  if (*sent == PacketStream::Sent::nothing) return;
  keep_alive_.sent(now());
  room_.notify_all();
}

asio::awaitable<void> MqttClient::wait_for_room() {
  if (!holding_) {
    co_await room_.wait();
    co_return;
  }
  const bool woken = co_await room_.wait_until(held_since_ + options_.patience);
  if (woken || !holding_ || !connected()) co_return;
  inbox_.overflow();
  stop_or_go_on();
}

asio::awaitable<Result<void>> MqttClient::write(Messages& rest) {
  if (!connected()) co_return ending_.lost();
  std::size_t unpacked = 0;
  std::size_t bytes = 0;
  while (!rest.empty()) {
    const MessagePtr& message = rest.front();
    if (!message->gap) {
      const Result<void> published = outbox_.publish(message, stream_.out());
      if (!published) {
        outbox_.send_waiting(stream_.out());
        send();
        co_return published;
      }
      bytes += message->payload.size();
    }
    rest = rest.subspan(1);
    if (++unpacked < kPackEach && bytes < kPackBytes) continue;
    unpacked = bytes = 0;
    outbox_.send_waiting(stream_.out());
    if (stream_.unsent() >= kSendBytes || overfull()) send();
    while (connected() && overfull()) co_await wait_for_room();
    if (!connected()) co_return ending_.lost();
  }
  outbox_.send_waiting(stream_.out());
  send();
  while (connected() && overfull()) co_await wait_for_room();
  if (!connected()) co_return ending_.lost();
  co_return Result<void>();
}

std::vector<std::pair<MessagePtr, Error>> MqttClient::take_refused(
    const std::function<bool(int)>& wanted) {
  std::vector<std::pair<MessagePtr, Error>> out;
  for (MqttOutbox::Refused& refused : outbox_.take_refused(wanted))
    out.emplace_back(std::move(refused.message), std::move(refused.why));
  return out;
}

asio::awaitable<Result<void>> MqttClient::settle(std::uint64_t number) {
  while (connected() && settled() < number) co_await wait_for_room();
  if (settled() < number) co_return ending_.lost();
  if (const std::optional<Error> refused = outbox_.take_refusal()) co_return *refused;
  co_return Result<void>();
}

asio::awaitable<Result<void>> MqttClient::flush() {
  const auto waits = [this] { return unacknowledged().messages > 0; };
  while (connected() && (waits() || stream_.unsent() > 0)) co_await wait_for_room();
  // The others are sent again before a refusal is told.
  if (!connected() && waits()) co_return ending_.lost();
  if (const std::optional<Error> refused = outbox_.take_refusal()) co_return *refused;
  if (!connected()) co_return ending_.lost();
  co_return Result<void>();
}

}  // namespace rt
