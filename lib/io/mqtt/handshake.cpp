#include "io/mqtt/handshake.hpp"

#include <utility>

#include "base/log.hpp"
#include "base/random.hpp"
#include "base/text.hpp"
#include "codec/mqtt_check.hpp"
#include "codec/mqtt_words.hpp"
#include "io/mqtt/reasons.hpp"

namespace rt {

bool MqttHandshake::is_worth_v311(bool hung_up) const {
  if (!v5_ || options_.protocol != MqttProtocol::automatic) return false;
  return (connack_ && refuses_version(*connack_)) || (hung_up && !established_);
}

bool MqttHandshake::leaves_id_to_broker() {
  constexpr std::uint8_t kIdNotValid = 0x85;
  if (!v5_ || !made_id() || nameless_ || connack_ != kIdNotValid) return false;
  nameless_ = true;
  client_id_.clear();
  return true;
}

// Of the first connection only a session without a past is wanted, where it outlives connections.
// Under an identifier that was just made there is none, and Mosquitto (seen in 2.0.11) saves over
// its own restart only sessions that were not asked for as clean ones. With MQTT 3.1.1 a clean
// session ends with its connection, so under an identifier of the user's own it is one or the
// other.
bool MqttHandshake::clean() const {
  if (options_.manner && !discards_) return options_.clean;
  if (discards_ || (nameless_ && client_id_.empty())) return true;
  if (!v5_) return options_.clean && !keeps_v311();
  return options_.clean && !(outlives() && (made_id() || established_));
}

void MqttHandshake::prepare(bool v5) {
  v5_ = v5;
  connack_.reset();
  filters_.begin();
}

Result<void> MqttHandshake::begin(std::string& out) {
  if (client_id_.empty() && !nameless_) {
    Random random = Random::from_system();
    // 19 of the 23 characters that every broker takes (MQTT 3.1.1, section 3.1.3.1).
    client_id_ = made_id() ? random.next_name("rtwire", 13) : options_.client_id;
    // The broker makes one, but for MQTT 3.1.
    if (options_.manner && made_id() && options_.protocol != MqttProtocol::v31) client_id_.clear();
  }
  asked_for_new_ = clean();
  engine_ = std::make_unique<MqttEngine>(options_, client_id_, v5_, asked_for_new_);
  return engine_->connect(out);
}

Result<MqttAccepted> MqttHandshake::take_connack(const mqtt::Packet& packet) {
  if (packet.body.size() < 2)
    return Error(Fault::protocol, "the broker's answer to the connection is not whole");
  connack_ = mqtt::reason_code(packet);
  if (*connack_ != 0)
    return connection_refusal(*connack_, v5_ ? mqtt::words_of(packet) : mqtt::Words())
        .because_of(Cause::mqtt_connack, *connack_);
  if (Result<void> sound = mqtt::check_from_broker(packet, v5_); !sound) return sound.error();
  Result<MqttAccepted> accepted = engine_->read_connack(packet.bytes);
  if (accepted && accepted->session_present && asked_for_new_ && !discards_)
    return Error(Fault::protocol,
                 "the broker says that it goes on with a session, but a new one was asked for");
  if (accepted && !accepted->client_id.empty()) {
    client_id_ = accepted->client_id;
    Log::info("the broker calls this client '" + printable(client_id_) + "'");
  }
  return accepted;
}

// Not what those expect who know other programs.
void MqttHandshake::tell_lasting() {
  const bool lasts = v5() && !options_.clean && !options_.session_expiry && !options_.manner;
  if (!options_.tells_lasting || !lasts || std::exchange(told_lasting_, true)) return;
  Log::warn("the broker keeps this session for ever, under " + printable(client_id_) +
            ": --session-expiry says how long (or never), --clean begins anew");
}

Result<void> MqttHandshake::subscribe(const MqttAccepted& accepted, std::string& out) {
  if (Result<void> possible = filters_.check(accepted); !possible) return possible;
  const bool goes_on = accepted.session_present && established_;
  Result<void> asked = filters_.request(*engine_, v5_ && accepted.subscription_ids, goes_on, out);
  if (complete()) engine_.reset();
  return asked;
}

Result<void> MqttHandshake::take_suback(const mqtt::Packet& packet) {
  // Nothing was asked for any more.
  if (!engine_) return {};
  const Result<MqttGranted> granted = engine_->read_suback(packet.bytes);
  if (!granted) return granted.error();
  Result<void> answered = filters_.answered(*granted, v5_ ? mqtt::words_of(packet).reason : "");
  if (complete()) engine_.reset();
  return answered;
}

void MqttHandshake::established() {
  tell_lasting();
  established_ = true;
  only_v311_ = only_v311_ || (!v5_ && options_.protocol == MqttProtocol::automatic);
}

}  // namespace rt
