#include "mqtt_wiring.hpp"

#include "io/websocket/stream.hpp"
#include "model/topic.hpp"

namespace rt {
namespace {

// Long enough for a broker's restart; what a killed program leaves behind is gone after it.
constexpr std::chrono::seconds kSessionOfARun{3600};

// A session under an identifier of the user's own outlives the program. Another one is there so
// that nothing is lost while the connection is.
void fill_session(const Options& options, MqttClientOptions& mqtt) {
  mqtt.client_id = options.client_id;
  mqtt.clean = options.clean || options.client_id.empty();
  if (options.session_expiry)
    mqtt.session_expiry = std::chrono::duration_cast<std::chrono::seconds>(*options.session_expiry);
  else if (mqtt.clean && mqtt.qos > 0)
    mqtt.session_expiry = kSessionOfARun;
}

Result<void> fill_filters(const Options& options, const std::string& topic,
                          MqttClientOptions& mqtt) {
  if (!topic.empty()) mqtt.filters.push_back(topic);
  for (const std::string& url : options.more_urls) {
    const Result<Endpoint> more = parse_endpoint(url, Transport::mqtt);
    if (!more) return more.error();
    mqtt.filters.push_back(more->topic());
  }
  mqtt.filters.insert(mqtt.filters.end(), options.topics.begin(), options.topics.end());
  mqtt.excludes = options.excludes;
  if (options.retained_only) mqtt.retained = Retained::only;
  if (options.no_retained) mqtt.retained = Retained::none;
  mqtt.removes_retained = options.remove_retained;
  return {};
}

Result<void> fill_topic(const Options& options, const std::string& topic, MqttClientOptions& mqtt) {
  if (options.topic_from.empty()) mqtt.topic = topic;
  if (has_wildcards(topic)) return Error(Fault::usage, "a topic to publish to has no + and no #");
  // An envelope names the channel.
  if (topic.empty() && options.topic_from.empty() && options.framing != FramingKind::json &&
      options.replay.empty())
    return Error(Fault::usage,
                 "no topic: write mqtt://HOST/TOPIC (or --json, with a channel in "
                 "each message)");
  return {};
}

}  // namespace

Result<void> check_psk(const Options& options, const Endpoint& endpoint) {
  if (options.tls.psk_identity.empty() || endpoint.tls) return {};
  return Error(Fault::usage, "--psk-identity is for TLS, and " + endpoint.display() +
                                 " is clear text: write mqtts://");
}

MakeCarrier websocket_below(const Options& options, const Endpoint& endpoint) {
  if (!endpoint.websocket) return {};
  WsStreamOptions out;
  out.endpoint = endpoint;
  out.endpoint.transport = Transport::ws;
  out.endpoint.target = options.ws_path;
  out.tls = options.tls;
  out.network = options.network;
  out.headers = options.headers;
  out.origin = options.origin;
  out.subprotocol = "mqtt";
  out.connect_timeout = options.connect_timeout;
  return [out](Reactor& reactor) { return std::make_unique<WsStream>(reactor, out); };
}

Result<MqttClientOptions> mqtt_options(const Options& options, const Endpoint& endpoint,
                                       const Credentials& credentials) {
  MqttClientOptions mqtt;
  mqtt.endpoint = endpoint;
  mqtt.tls = options.tls;
  mqtt.network = options.network;
  mqtt.carrier = websocket_below(options, endpoint);
  mqtt.user = credentials.user;
  if (!credentials.user.empty()) mqtt.password = credentials.password;
  mqtt.qos = options.qos.value_or(0);
  fill_session(options, mqtt);
  mqtt.keepalive = std::chrono::duration_cast<std::chrono::seconds>(options.mqtt_keepalive);
  mqtt.connect_timeout = options.connect_timeout;
  if (!options.will_topic.empty())
    mqtt.will =
        MqttWill{options.will_topic, options.will_payload, options.will_qos, options.will_retain};
  mqtt.protocol = options.protocol;
  mqtt.follows_redirect = options.follow_redirect;
  mqtt.max_message = options.max_message;
  mqtt.properties = options.properties;
  if (options.retain) mqtt.retain = true;
  if (options.never_retain) mqtt.retain = false;

  const std::string topic = endpoint.topic();
  if (options.verb != Verb::sub)
    if (Result<void> filled = fill_topic(options, topic, mqtt); !filled) return filled.error();
  if (options.verb == Verb::rpc) {
    mqtt.filters = {options.response_topic};
    mqtt.protocol = MqttProtocol::v5;
  } else if (options.verb != Verb::pub)
    if (Result<void> filled = fill_filters(options, topic, mqtt); !filled) return filled.error();
  // With MQTT 3.1.1 there is no such thing: one's own messages come back.
  mqtt.no_local = options.verb == Verb::pipe;
  mqtt.tells_lasting = options.verb == Verb::sub || options.verb == Verb::pipe;
  return mqtt;
}

}  // namespace rt
