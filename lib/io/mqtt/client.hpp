#pragma once

#include <asio/awaitable.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "io/loop/reactor.hpp"
#include "model/endpoint.hpp"
#include "model/message.hpp"
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

// A client of an MQTT broker (3.1.1 and 5), one connection after another, on libmosquitto. It never
// reconnects by itself: after an error or an end, connect() again. What was written at QoS 1 or 2
// and is not acknowledged then is sent again by itself.
class MqttClient {
 public:
  MqttClient(Reactor& reactor, MqttClientOptions options);
  ~MqttClient();
  MqttClient(const MqttClient&) = delete;
  MqttClient& operator=(const MqttClient&) = delete;

  // Completes when the broker has accepted the connection and granted every subscription. Errors:
  // network, tls, refused (credentials, not authorised; fatal), protocol (a version or an
  // identifier that the broker refuses; fatal).
  asio::awaitable<Result<void>> connect();
  bool connected() const;

  // All messages that have come, at least one; empty when the broker has ended the connection in
  // good order. The channel is "/" + topic, percent-encoded. MQTT 5's content type, user properties
  // and payload format come along; the user properties rt-event, rt-origin-id and rt-via become
  // event, origin_id and via. Errors: network, protocol.
  asio::awaitable<Result<Batch>> read();
  // What was read so far, but for the last `left` messages, may be acknowledged: until then the
  // broker keeps it (QoS 1 and 2).
  void commit(std::size_t left = 0);

  // Completes when all has been taken and not too much waits for the network or for
  // acknowledgements. What is taken is taken off the front of `rest`; after an error the others are
  // to be written again.
  asio::awaitable<Result<void>> write(Messages& rest);
  // Of QoS 1 and 2: what is written and has no answer, and what was answered with a refusal.
  Amount unacknowledged() const;
  Amount refused() const;
  // Completes when everything written is acknowledged (QoS 1 and 2) or has left for the system.
  // Errors besides those of the connection: refused, for a publication that the broker did not
  // authorise.
  asio::awaitable<Result<void>> flush();

  // DISCONNECT, so that the will is not sent. What is under way has two seconds to leave and the
  // broker two to end.
  asio::awaitable<void> close();
  // From now on close() takes 200 ms at most.
  void hurry();

  // Of the last connection's end: the broker's reason, for people (" (session taken over)"), and
  // whether another attempt would end the same way.
  std::string how_it_ended() const;
  std::optional<Error> final_refusal() const;
  bool speaks_v5() const;  // after connect()

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace rt
