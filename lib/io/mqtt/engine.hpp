#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "io/mqtt/client_options.hpp"

struct mosquitto;

namespace rt {

// What a broker takes of publications (MQTT 5, section 3.2.2.3).
struct MqttLimits {
  std::size_t packet = ~std::size_t{0};
  std::uint16_t unacknowledged = 65535;
  std::uint8_t qos = 2;
  bool retain = true;
  std::uint16_t aliases = 0;  // numbers for topics
};

// What the broker said when it accepted a connection.
struct MqttAccepted {
  MqttLimits limits;
  bool session_present = false;
  bool subscription_ids = true;             // available
  bool wildcards = true;                    // available, in filters
  bool shared = true;                       // subscriptions available
  std::optional<std::uint16_t> keep_alive;  // seconds, instead of ours
  std::string client_id;                    // that it has chosen; empty: ours
};

// The broker's answer to a subscription: a code for each filter.
struct MqttGranted {
  int request = 0;
  std::vector<int> codes;
};

// libmosquitto for one connection, as a machine without a network: it makes CONNECT and SUBSCRIBE
// and reads the answers. In between is a Unix socket of this process, both ends of which are served
// here, at once and without waiting: libmosquitto can work on nothing but a socket that it has
// opened. Publications never come here, nor does it keep the connection alive.
class MqttEngine {
 public:
  // `clean`: the broker is asked for a session without a past.
  MqttEngine(const MqttClientOptions& options, const std::string& client_id, bool v5, bool clean);
  ~MqttEngine();
  MqttEngine(const MqttEngine&) = delete;
  MqttEngine& operator=(const MqttEngine&) = delete;

  bool v5() const { return v5_; }

  // Appends CONNECT. Once, and before all else. Errors: usage, for what it cannot say.
  Result<void> connect(std::string& out);
  // The answer to it, a CONNACK that accepts; it is well-formed.
  Result<MqttAccepted> read_connack(std::string_view packet);

  // Appends SUBSCRIBE; `identifier` 0: none. Gives the number that the answer will name.
  Result<int> subscribe(const std::vector<std::string>& filters, std::uint8_t qos, int options,
                        std::uint32_t identifier, std::string& out);
  // The same with these properties.
  Result<int> subscribe(const std::vector<std::string>& filters, std::uint8_t qos, int options,
                        const MqttProperties& properties, std::string& out);
  // Appends UNSUBSCRIBE, whose answer nobody waits for.
  Result<void> unsubscribe(const std::string& filter, const MqttProperties& properties,
                           std::string& out);
  // The answer to one of them, a well-formed SUBACK.
  Result<MqttGranted> read_suback(std::string_view packet);

 private:
  struct Callbacks;
  Result<void> set_up(const MqttClientOptions& options, const std::string& client_id, bool clean);
  Result<void> feed(std::string_view packet);
  Result<void> collect(std::string& out);
  std::size_t unread() const;

  const bool v5_;
  const int keepalive_;
  const std::uint32_t session_expiry_;
  const MqttManner* const manner_;  // null: our own
  const std::uint32_t max_packet_;
  Result<void> status_;
  ::mosquitto* mosquitto_ = nullptr;
  int socket_ = -1;  // our end
  // What a callback was told.
  std::optional<MqttAccepted> accepted_;
  std::optional<MqttGranted> granted_;
};

}  // namespace rt
