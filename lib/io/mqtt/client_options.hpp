#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "model/endpoint.hpp"
#include "model/tls_options.hpp"

namespace rt {

enum class MqttProtocol : std::uint8_t {
  automatic,  // 5, and 3.1.1 at a broker that refuses 5
  v311,
  v5,
};

// Which messages a subscription is for.
enum class Retained : std::uint8_t { all, none, only };

struct MqttWill {
  std::string topic;
  std::string payload;
  std::uint8_t qos = 0;
  bool retain = false;
};

struct MqttClientOptions {
  Endpoint endpoint;  // host, port and whether over TLS; its target is not looked at
  TlsOptions tls;
  std::string user;  // empty: none
  std::optional<std::string> password;
  std::string client_id;  // empty: one is made
  bool clean = true;      // false: the broker's session goes on where it was
  std::optional<std::chrono::seconds> session_expiry;  // MQTT 5; absent: 0 when clean, else never
  std::chrono::seconds keepalive{60};                  // 0: none
  Milliseconds connect_timeout = 30s;
  std::optional<MqttWill> will;
  MqttProtocol protocol = MqttProtocol::automatic;
  std::uint8_t qos = 0;  // of the subscriptions, and of every publication
  std::size_t max_message = 16u << 20;

  // Subscriptions; none: nothing is read.
  std::vector<std::string> filters;
  std::vector<std::string> excludes;  // filters, too: what they match is not handed on
  Retained retained = Retained::all;
  bool no_local = false;  // what this client publishes does not come back; needs MQTT 5
  // At QoS 0 nothing can hold a publisher back: while read() is not called, so many bytes are kept
  // and the newest dropped, counted and reported as a gap. Absent: reading from the network stops.
  std::optional<std::size_t> buffer;

  // Publications.
  std::string topic;           // where they go; empty: to each message's channel
  std::optional<bool> retain;  // of all; absent: each message's own
  std::vector<std::pair<std::string, std::string>> properties;  // user properties, added to all
};

}  // namespace rt
