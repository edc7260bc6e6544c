#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "codec/mqtt_words.hpp"
#include "io/mqtt/client_options.hpp"

namespace rt {

// How a client's last connection ended, in words and for whoever decides about another attempt.
class MqttEnding {
 public:
  explicit MqttEnding(const MqttClientOptions& options) : options_(options) {}

  // connect() was called: what was before is forgotten.
  void forget();
  // CONNECT goes out.
  void begin() { error_.reset(); }
  // The broker has accepted.
  void note_up(SteadyTime now) { up_since_ = now; }

  // The code of the broker's DISCONNECT.
  void note_disconnect(std::uint8_t code, const mqtt::Words& words);
  // A publication was refused because a quota is exceeded, and is to go by another connection.
  Error over_quota();
  // An error after which another attempt would end the same way, while the connection stood.
  void note_refusal(const Error& error) { refusal_ = error; }
  // The end; `error` absent: in good order.
  void note_end(std::optional<Error> error) { error_ = std::move(error); }
  // It was one of a connection that stood until now. Two clients of one identifier throw each other
  // out, and MQTT 3.1.1 has no word for that: a guess is told.
  void note_life(SteadyTime now);

  const std::optional<Error>& error() const { return error_; }
  // The broker's reason, for people: " (session taken over)".
  const std::string& reason() const { return reason_; }
  // What another attempt would end with.
  const std::optional<Error>& refusal() const { return refusal_; }

  // What is told to those who would go on.
  Error lost() const;
  // The same, when the broker has not answered CONNECT.
  Error no_answer() const;

 private:
  const MqttClientOptions& options_;
  std::optional<Error> error_;
  std::string reason_;
  std::optional<Error> refusal_;
  SteadyTime up_since_{};
  int short_lives_ = 0;  // of connections, in a row
};

}  // namespace rt
