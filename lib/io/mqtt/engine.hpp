#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "io/mqtt/client.hpp"

struct mosquitto;
struct mosquitto_message;
struct mqtt5__property;

namespace rt {

// What a broker takes of publications (MQTT 5, section 3.2.2.3).
struct MqttLimits {
  std::size_t packet = ~std::size_t{0};
  std::uint16_t unacknowledged = 65535;
  std::uint8_t qos = 2;
  bool retain = true;
};

// What the broker said when it accepted a connection.
struct MqttAccepted {
  MqttLimits limits;
  bool session_present = false;
  bool subscription_ids = true;             // available
  bool wildcards = true;                    // available, in filters
  bool shared = true;                       // subscriptions available
  std::optional<std::uint16_t> keep_alive;  // seconds, instead of ours
};

// libmosquitto as a machine without a network: bytes from the broker go in, bytes for the broker
// come out, and it calls back. In between is a Unix socket of this process, both ends of which are
// served here, at once and without waiting: libmosquitto can work on nothing but a socket that it
// has opened.
//
// It acknowledges what comes before it has told of it; the owner drops these acknowledgements from
// the output and makes them itself. It is never asked to keep the connection alive.
class MqttEngine {
 public:
  // Called from within feed().
  class Handler {
   public:
    virtual ~Handler() = default;
    virtual void on_accepted(const MqttAccepted& accepted) = 0;
    virtual void on_message(const mosquitto_message& message,
                            const mqtt5__property* properties) = 0;
    virtual void on_subscribed(int request, std::span<const int> granted) = 0;
    // A publication at QoS 1 or 2 is over. `reason` is below 0x80 when the broker has taken it.
    virtual void on_published(std::uint16_t id, int reason) = 0;
  };

  MqttEngine(Handler& handler, const MqttClientOptions& options, const std::string& client_id,
             bool v5);
  ~MqttEngine();
  MqttEngine(const MqttEngine&) = delete;
  MqttEngine& operator=(const MqttEngine&) = delete;

  bool v5() const { return v5_; }

  // Begins a connection: the output is CONNECT. What was published at QoS 1 or 2 and is not
  // acknowledged goes out again when the broker has accepted it.
  Result<void> begin();
  // The connection is lost.
  void end();

  // Whole packets, one behind the other, `count` of them.
  Result<void> feed(std::string_view packets, std::size_t count);

  // Appends what is to be sent to the broker: whole packets, but for the end of the last.
  Result<void> collect(std::string& out);

  // Checks a name for what MQTT forbids and what libmosquitto refuses: control characters.
  static bool can_carry_topic(std::string_view topic);

  // The id of the publication. Errors (usage): what MQTT or this broker cannot carry.
  Result<std::uint16_t> publish(const std::string& topic, std::string_view payload,
                                std::uint8_t qos, bool retain, const mqtt5__property* properties);

  // `identifier` 0: none. Gives the number that on_subscribed() will name.
  Result<int> subscribe(const std::vector<std::string>& filters, std::uint8_t qos, int options,
                        std::uint32_t identifier);

 private:
  struct Mosquitto;  // the callbacks
  Result<void> set_up(const MqttClientOptions& options, const std::string& client_id);
  std::size_t unread() const;

  Handler& handler_;
  const bool v5_;
  const int keepalive_;
  std::uint32_t session_expiry_ = 0;
  const std::uint32_t max_packet_;
  Result<void> status_;
  ::mosquitto* mosquitto_ = nullptr;
  int socket_ = -1;  // our end
};

}  // namespace rt
