#include "io/mqtt/reasons.hpp"

#include <mosquitto.h>
#include <mqtt_protocol.h>

#include "base/text.hpp"

namespace rt {

std::string mqtt_reason_text(int reason) {
  std::string text = mosquitto_reason_string(reason);
  while (!text.empty() && text.back() == '.') text.pop_back();
  if (!text.empty()) text[0] = ascii_lower(text[0]);
  return text;
}

Error no_broker(std::string_view bytes, std::string_view secure_url) {
  // A TLS record: an alert for what is no TLS (RFC 8446, section 5.1).
  if (bytes.starts_with("\x15\x03"))
    return Error(Fault::tls, "the port speaks TLS")
        .with_hint("try " + std::string(secure_url))
        .as_fatal();
  if (bytes.starts_with("HTTP/"))
    return Error(Fault::protocol,
                 "an HTTP server answers there, no MQTT broker (is it the broker's port?)")
        .with_hint("over WebSocket it is mqtt+ws://");
  return Error(Fault::protocol, "what answers there is no MQTT broker (is it the broker's port?)");
}

bool refuses_version(std::uint8_t code) {
  return code == CONNACK_REFUSED_PROTOCOL_VERSION || code == MQTT_RC_UNSUPPORTED_PROTOCOL_VERSION;
}

std::string quoted(std::string_view reason) {
  return reason.empty() ? std::string() : ": \"" + printable(reason, 256) + "\"";
}

bool sends_elsewhere(std::uint8_t code) {
  return code == MQTT_RC_USE_ANOTHER_SERVER || code == MQTT_RC_SERVER_MOVED;
}

static std::string at_server(const mqtt::Words& words) {
  return words.server.empty() ? std::string() : " (" + printable(words.server, 256) + ")";
}

static Error plain_refusal(std::uint8_t code, const mqtt::Words& words) {
  switch (code) {
    case CONNACK_REFUSED_PROTOCOL_VERSION:
    case MQTT_RC_UNSUPPORTED_PROTOCOL_VERSION:
      return Error(Fault::protocol, "the broker does not speak this version of MQTT (--protocol)");
    case CONNACK_REFUSED_IDENTIFIER_REJECTED:
    case MQTT_RC_CLIENTID_NOT_VALID:
      return Error(Fault::protocol, "the broker refuses the client identifier (--client-id)");
    case CONNACK_REFUSED_BAD_USERNAME_PASSWORD:
    case MQTT_RC_BAD_USERNAME_OR_PASSWORD:
      return Error(Fault::refused,
                   "the broker refuses the user name or password (-u, --password-file)");
    case CONNACK_REFUSED_NOT_AUTHORIZED:
    case MQTT_RC_NOT_AUTHORIZED:
      return Error(
          Fault::refused,
          "the broker does not authorise the connection (-u and --password-file, or --cert)");
    case MQTT_RC_BANNED:
    case MQTT_RC_BAD_AUTHENTICATION_METHOD:
      return Error(Fault::refused, "the broker refuses the connection: " + mqtt_reason_text(code));
    case CONNACK_REFUSED_SERVER_UNAVAILABLE:
      return Error(Fault::network, "the broker is not available now");
    case MQTT_RC_UNSPECIFIED:
    case MQTT_RC_IMPLEMENTATION_SPECIFIC:
    case MQTT_RC_SERVER_UNAVAILABLE:
    case MQTT_RC_SERVER_BUSY:
    case MQTT_RC_QUOTA_EXCEEDED:
    case MQTT_RC_CONNECTION_RATE_EXCEEDED:
      return Error(Fault::network, "the broker takes no connection now: " + mqtt_reason_text(code));
    case MQTT_RC_USE_ANOTHER_SERVER:
    case MQTT_RC_SERVER_MOVED:
      return Error(Fault::network, "the broker wants its clients elsewhere: " +
                                       mqtt_reason_text(code) + at_server(words))
          .with_hint(words.server.empty() ? std::string() : "--follow-redirect")
          .as_fatal();
    default:
      return Error(Fault::protocol, "the broker refuses the connection: " + mqtt_reason_text(code));
  }
}

Error connection_refusal(std::uint8_t code, const mqtt::Words& words) {
  Error refusal = plain_refusal(code, words);
  if (words.reason.empty()) return refusal;
  const Error said(refusal.fault(), refusal.text() + quoted(words.reason));
  return refusal.fatal() ? said.as_fatal() : said;
}

std::optional<Error> final_disconnect(std::uint8_t code, const mqtt::Words& words) {
  const std::string text = "the broker ended the connection: " + mqtt_reason_text(code) +
                           at_server(words) + quoted(words.reason);
  switch (code) {
    case MQTT_RC_NOT_AUTHORIZED:
    case MQTT_RC_BANNED:
    case MQTT_RC_BAD_AUTHENTICATION_METHOD:
      return Error(Fault::refused, text);
    case MQTT_RC_MALFORMED_PACKET:
    case MQTT_RC_PROTOCOL_ERROR:
      return Error(Fault::protocol, text);
    case MQTT_RC_SESSION_TAKEN_OVER:
      return Error(Fault::other, text + " by another client of the same identifier (--client-id)")
          .as_fatal();
    case MQTT_RC_TOPIC_FILTER_INVALID:
    case MQTT_RC_TOPIC_NAME_INVALID:
    case MQTT_RC_PACKET_TOO_LARGE:
    case MQTT_RC_ADMINISTRATIVE_ACTION:
    case MQTT_RC_PAYLOAD_FORMAT_INVALID:
    case MQTT_RC_RETAIN_NOT_SUPPORTED:
    case MQTT_RC_QOS_NOT_SUPPORTED:
    case MQTT_RC_USE_ANOTHER_SERVER:
    case MQTT_RC_SERVER_MOVED:
    case MQTT_RC_SHARED_SUBS_NOT_SUPPORTED:
    case MQTT_RC_SUBSCRIPTION_IDS_NOT_SUPPORTED:
    case MQTT_RC_WILDCARD_SUBS_NOT_SUPPORTED:
      return Error(Fault::other, text).as_fatal();
    default:
      return std::nullopt;
  }
}

Error subscription_refusal(int code, const std::string& filter, std::string_view reason) {
  std::string text = "the broker refuses the subscription to '" + printable(filter) + "'";
  // Of MQTT 3.1.1 it is the only code.
  if (code != MQTT_RC_UNSPECIFIED) text += ": " + mqtt_reason_text(code);
  return Error(Fault::refused, text + quoted(reason));
}

Error publication_refusal(int code, std::size_t count, const std::string& topic,
                          std::string_view reason) {
  const bool refused = code == MQTT_RC_NOT_AUTHORIZED;
  const std::string to = topic.empty() ? std::string() : " to '" + printable(topic, 256) + "'";
  const std::string text =
      (count == 1 ? "a message" + to + " was not taken by the broker: "
                  : std::to_string(count) + " messages were not taken by the broker" +
                        (to.empty() ? "" : ", the last one" + to) + ": ") +
      (code == kHangsUp ? std::string("it hangs up") : mqtt_reason_text(code)) + quoted(reason);
  return Error(refused ? Fault::refused : Fault::other, text)
      .because_of(Cause::mqtt_reason, code & 0xFF)
      .as_fatal();
}

Error qos_not_offered() {
  return Error(Fault::usage, "the broker does not offer this QoS")
      .with_hint("--qos")
      .because_of(Cause::qos_not_offered);
}

}  // namespace rt
