#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "engine/histogram.hpp"
#include "io/net/carrier.hpp"
#include "model/defaults.hpp"
#include "model/endpoint.hpp"
#include "model/mqtt_property.hpp"
#include "model/mqtt_protocol.hpp"
#include "model/network_options.hpp"
#include "model/tls_options.hpp"

namespace rt {

// Which messages a subscription is for.
enum class Retained : std::uint8_t { all, none, only };

struct MqttWill {
  std::string topic;
  std::string payload;
  std::uint8_t qos = 0;
  bool retain = false;
};

// What Mosquitto's own clients do and ours do not: packets bear what was said and nothing else.
struct MqttManner {
  // Of MQTT 5.
  MqttProperties connect;
  MqttProperties publish;
  MqttProperties subscribe;
  MqttProperties unsubscribe;
  MqttProperties disconnect;
  MqttProperties will;
  int subscription_options = 0;           // its byte, without the QoS
  std::vector<std::string> unsubscribed;  // filters, after the subscriptions
  std::uint8_t farewell = 0;              // the reason of a hurried DISCONNECT
  std::optional<std::uint16_t> receive_maximum;
  std::uint16_t most_under_way = 20;  // publications without an acknowledgement
  // Called for each answer to a subscription: its packet's identifier, and a code for each filter.
  std::function<void(int, const std::vector<int>&)> subscribed;
  // Called when a publication was refused: its packet's identifier, and the reason code.
  std::function<void(int, int)> refused;
};

struct MqttClientOptions {
  Endpoint endpoint;  // host, port and whether over TLS; its target is for people
  TlsOptions tls;
  MakeCarrier carrier;  // empty: the network itself
  NetworkOptions network;
  std::string user;  // empty: none
  std::optional<std::string> password;
  std::string client_id;  // empty: one is made
  bool clean = true;      // false: the broker's session goes on where it was
  std::optional<std::chrono::seconds> session_expiry;  // MQTT 5; absent: 0 when clean, else never
  bool tells_lasting = false;  // of a session that never ends, though nobody has asked for that
  std::chrono::seconds keepalive = defaults::kMqttKeepalive;  // 0: none
  Milliseconds connect_timeout = defaults::kConnectTimeout;
  std::optional<MqttWill> will;
  bool own_broker = false;  // whoever runs it tells of its end, and that its sessions are lost
  MqttProtocol protocol = MqttProtocol::automatic;
  std::uint8_t qos = 0;           // of the subscriptions, and of every publication
  bool follows_redirect = false;  // once; not where `carrier` is given
  std::size_t max_message = defaults::kMaxMessage;

  // Subscriptions; none: nothing is read.
  std::vector<std::string> filters;
  std::vector<std::string> excludes;  // filters, too: what they match is not handed on
  Retained retained = Retained::all;
  bool removes_retained = false;  // what the broker had kept is removed there when it is committed
  bool no_local = false;          // what this client publishes does not come back; needs MQTT 5
  // At QoS 0 nothing can hold a publisher back: while read() is not called, so many bytes are kept
  // and the newest dropped, counted and reported as a gap. Absent: reading from the network stops.
  std::optional<std::size_t> buffer;
  // For so long a write waits while reading is stopped, see MqttClient::read().
  Milliseconds patience = 3s;

  std::shared_ptr<const MqttManner> manner;  // null: our own

  // Gets how long pings and acknowledgements take; null: nobody wants it.
  std::shared_ptr<Histogram> round_trips;

  // Publications.
  std::string topic;  // where they go; empty: to each message's channel
  // A message that is refused because a quota is exceeded is kept: the connection ends, and it goes
  // by another one.
  bool waits_for_quota = false;
  std::optional<bool> retain;  // of all; absent: each message's own
  bool must_retain = false;    // where the broker does not, that is an error; else it goes without
  // Of a broker whose memory is ours to watch: asked for each message that is to be retained, by
  // its topic and length. false: it goes without that. Then the broker's own word is not asked for.
  std::function<bool(std::string_view, std::size_t)> may_retain;
  std::vector<std::pair<std::string, std::string>> properties;  // user properties, added to all
};

// Of such a client at QoS 0 a broker on this machine may be read in large pieces, see
// ARCHITECTURE.md.
bool reads_in_large_pieces(const MqttClientOptions& options);

// What makes each of its connections; `beside`: see NetStreamOptions.
MakeCarrier carrier_of(const MqttClientOptions& options, bool beside = false);

}  // namespace rt
