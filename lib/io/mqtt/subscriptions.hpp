#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/result.hpp"
#include "io/mqtt/engine.hpp"

namespace rt {

// What a connection to a broker subscribes to, and what the broker has granted of it.
//
// Retained messages that the broker has kept are told from live ones by two subscriptions to the
// same filter, of which the second takes the place of the first: only the first asks for what was
// kept, and what comes for it has its identifier. Both ask for retain as published: Mosquitto (seen
// in 2.0.11) does not change that for a subscription that exists. The price: what is published with
// RETAIN in the instant between the two counts as kept.
class MqttSubscriptions {
 public:
  explicit MqttSubscriptions(const MqttClientOptions& options) : options_(options) {}

  // On a new connection no answer is awaited.
  void begin() { requests_.clear(); }

  // An error (usage) for a kind of filter that this broker does not take.
  Result<void> check(const MqttAccepted& accepted) const;
  // Appends what asks for all filters. `identified`: identifiers are in use, those of MqttInbox.
  // `goes_on`: the session had been subscribed to in this process, which has had what was kept.
  Result<void> request(MqttEngine& engine, bool identified, bool goes_on, std::string& out);
  // The broker's answer, and the reason that it gives. Errors: refused; protocol.
  Result<void> answered(const MqttGranted& answer, std::string_view reason);
  // Every answer has come.
  bool complete() const { return requests_.empty(); }

 private:
  Result<void> request(MqttEngine& engine, std::vector<std::string> filters, int options,
                       std::uint32_t identifier, std::string& out);

  Result<void> request_plainly(MqttEngine& engine, const MqttManner& manner, std::string& out);
  Result<void> answered_plainly(const MqttManner& manner, const MqttGranted& answer);

  const MqttClientOptions& options_;
  std::unordered_map<int, std::vector<std::string>> requests_;  // without an answer
  bool lower_qos_ = false;  // less was granted than asked for, which was told
};

}  // namespace rt
