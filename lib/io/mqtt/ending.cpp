#include "io/mqtt/ending.hpp"

#include "base/log.hpp"
#include "base/text.hpp"
#include "io/mqtt/reasons.hpp"

namespace rt {
namespace {

constexpr Milliseconds kShortLife = 5s;
constexpr int kShortLives = 3;

}  // namespace

void MqttEnding::forget() {
  refusal_.reset();
  reason_.clear();
}

void MqttEnding::note_disconnect(std::uint8_t code, const mqtt::Words& words) {
  if (code != 0) reason_ = " (" + mqtt_reason_text(code) + quoted(words.reason) + ")";
  refusal_ = final_disconnect(code, words);
}

Error MqttEnding::over_quota() {
  reason_ = " (it takes no more messages now: quota exceeded)";
  return Error(Fault::network, "the broker takes no more messages now: quota exceeded");
}

void MqttEnding::note_life(SteadyTime now) {
  short_lives_ = now - up_since_ < kShortLife ? short_lives_ + 1 : 0;
  if (short_lives_ == kShortLives && !options_.client_id.empty() && !options_.own_broker)
    Log::warn("the connection is lost again and again: is another client of the identifier '" +
              printable(options_.client_id) + "' there (--client-id)?");
}

Error MqttEnding::lost() const {
  if (error_)
    return error_->cause() == Cause::unnamed ? error_->because_of(Cause::connection_lost) : *error_;
  return Error(Fault::network, "the connection was closed by the broker" + reason_)
      .because_of(Cause::connection_lost);
}

Error MqttEnding::no_answer() const {
  const std::string why =
      error_ ? error_->text() + ": " : std::string("the connection was closed: ");
  return Error(Fault::network, why + "the broker did not answer CONNECT")
      .because_of(Cause::connection_lost)
      .with_hint(options_.endpoint.tls
                     ? std::string("it may want a certificate: --cert")
                     : "perhaps the port speaks TLS: " + options_.endpoint.display_otherwise());
}

}  // namespace rt
