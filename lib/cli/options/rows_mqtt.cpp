#include "base/text.hpp"
#include "cli/options/rows.hpp"
#include "model/json_pointer.hpp"
#include "model/topic.hpp"

namespace rt::cli {
namespace {

// What a length field of MQTT can say.
constexpr std::size_t kLongestField = 65'535;

// A route's MQTT ends have what rtmqtt has.
constexpr Scope kRouteScope = {kRelay, kRoute};

Problem read_mqtt_text(std::string_view text, std::string& value) {
  if (text.size() > kLongestField) return "too long: at most 65535 bytes";
  if (!valid_utf8(text)) return "not UTF-8";
  if (text.find('\0') != std::string_view::npos) return "has a NUL";
  value = text;
  return {};
}

Problem read_client_id(std::string_view text, std::string& value) {
  if (text.empty()) return "must not be empty";
  return read_mqtt_text(text, value);
}

Problem read_filter(std::string_view text, std::string& value) {
  if (const std::string_view fault = fault_of_filter(text); !fault.empty()) return Problem(fault);
  value = text;
  return {};
}

Problem read_topic(std::string_view text, std::string& value) {
  if (has_wildcards(text)) return "one topic is needed, without + and #";
  return read_filter(text, value);
}

Problem read_payload(std::string_view text, std::string& value) {
  if (text.size() > kLongestField) return "too long: at most 65535 bytes";
  value = text;
  return {};
}

Problem read_property(std::string_view text, std::pair<std::string, std::string>& value) {
  const auto equals = text.find('=');
  if (equals == std::string_view::npos || equals == 0) return "not a property such as NAME=VALUE";
  if (Problem problem = read_mqtt_text(text.substr(0, equals), value.first); !problem.empty())
    return problem;
  return read_mqtt_text(text.substr(equals + 1), value.second);
}

template <auto Member>
constexpr Binding qos() {
  return {[](Options& options, std::string_view text) -> Problem {
            const auto value = parse_uint(text);
            if (!value || *value > 2) return "must be 0, 1 or 2";
            options.*Member = static_cast<std::uint8_t>(*value);
            return {};
          },
          nullptr};
}

Problem apply_session_expiry(Options& options, std::string_view text) {
  // What MQTT 5 says for it (section 3.1.2.11.2).
  constexpr std::chrono::seconds kNever{0xffff'ffff};
  Milliseconds value = kNever;
  if (text == "never") {
    options.session_expiry = value;
    return {};
  }
  if (Problem problem = read_duration(text, 0ms, value); !problem.empty()) return problem;
  if (value % 1s != 0ms) return "must be whole seconds";
  options.session_expiry = value;
  return {};
}

Problem apply_message_expiry(Options& options, std::string_view text) {
  Milliseconds value{};
  if (Problem problem = read_duration(text, 1s, value); !problem.empty()) return problem;
  if (value % 1s != 0ms) return "must be whole seconds";
  if (value > std::chrono::seconds(0xFFFF'FFFF)) return "is longer than MQTT can say";
  options.expiry = value;
  return {};
}

Problem apply_retain(Options& options, std::string_view text) {
  if (!text.empty() && text != "yes" && text != "no" && text != "keep")
    return "must be yes, no or keep";
  options.retain = text.empty() || text == "yes";
  options.never_retain = text == "no";
  return {};
}

Problem read_ws_path(std::string_view text, std::string& value) {
  if (!text.starts_with('/')) return "must begin with /";
  for (const char c : text)
    if (static_cast<unsigned char>(c) <= 0x20 || c == 0x7F || c == '#')
      return "has a character that no path can have: write it percent-encoded";
  value = text;
  return {};
}

Problem apply_topic_from(Options& options, std::string_view text) {
  if (text != "first-word") {
    if (!text.starts_with('/')) return "must be first-word or a JSON pointer such as /sensor/id";
    const auto pointer = JsonPointer::parse(text);
    if (!pointer) return pointer.error().text();
    if (pointer->names_many()) return "names several values";
  }
  options.topic_from = text;
  return {};
}

constexpr OptionRow kRows[] = {
    {.name = "topic",
     .group = Group::mqtt,
     .scope = {kMqtt, kReads},
     .also = kRouteScope,
     .common = {kMqtt, kReads},
     .ends = as_source(kMqttEnds),
     .arity = Arity::list,
     .value = "FILTER",
     .summary = "Subscribe to this too (repeatable)",
     .text = "A topic filter: + stands for one level, # at the end for all that follow.",
     .from_environment = false,
     .binding = list<&O::topics, read_filter>()},
    {.name = "exclude",
     .group = Group::mqtt,
     .scope = {kMqtt, kReads},
     .also = kRouteScope,
     .ends = as_source(kMqttEnds),
     .arity = Arity::list,
     .value = "FILTER",
     .summary = "Leave out these topics (repeatable)",
     .from_environment = false,
     .binding = list<&O::excludes, read_filter>()},
    {.name = "qos",
     .group = Group::mqtt,
     .scope = {kMqtt, kClient},
     .also = kRouteScope,
     .common = {kMqtt | kRelay, kClient | kRoute},
     .ends = both_ways(kMqttEnds),
     .arity = Arity::value,
     .value = "QOS",
     .choices = "0 1 2",
     .summary = "At most once (0), at least once (1), once (2)",
     .text = "Of subscriptions and of all publications, whatever an envelope says. Without it 0, "
             "and 1 in "
             "rtrelay.",
     .binding = qos<&O::qos>()},
    {.name = "retain",
     .group = Group::mqtt,
     .scope = {kMqtt, kSends},
     .also = kRouteScope,
     .common = {kMqtt | kRelay, kSends | kRoute},
     .ends = as_sink(kMqttEnds | kPostEnds | kHubEnd),
     .arity = Arity::optional_value,
     .value = "WHETHER",
     .summary = "Let the broker keep each topic's last message",
     .text = "Who subscribes later gets it at once. Without a value yes; also no, and keep: as it "
             "came.",
     .binding = {apply_retain, nullptr}},
    {.name = "retained-only",
     .group = Group::mqtt,
     .scope = {kMqtt, kReads},
     .also = kRouteScope,
     .ends = as_source(kMqttEnds),
     .summary = "Take only what the broker had kept",
     .conflicts = "no-retained",
     .binding = flag<&O::retained_only>()},
    {.name = "no-retained",
     .group = Group::mqtt,
     .scope = {kMqtt, kReads},
     .also = kRouteScope,
     .ends = as_source(kMqttEnds),
     .summary = "Take only what is published from now on",
     .conflicts = "retained-only remove-retained",
     .binding = flag<&O::no_retained>()},
    {.name = "remove-retained",
     .group = Group::mqtt,
     .scope = {kMqtt, kSub},
     .summary = "Remove what the broker had kept, once printed",
     .text = "By an empty retained message to each of their topics.",
     .conflicts = "no-retained",
     .binding = flag<&O::remove_retained>()},
    {.name = "client-id",
     .group = Group::mqtt,
     .scope = {kMqtt, kClient},
     .also = kRouteScope,
     .common = {kMqtt, kClient},
     .ends = both_ways(kMqttEnds),
     .arity = Arity::value,
     .value = "ID",
     .summary = "Identifier to connect with",
     .text = "The broker keeps a session under it. Without it a new one is made each time.",
     .binding = string<&O::client_id, read_client_id>()},
    {.name = "clean",
     .group = Group::mqtt,
     .scope = {kMqtt, kClient},
     .also = kRouteScope,
     .ends = both_ways(kMqttEnds),
     .summary = "Begin a new session, although one is kept",
     .binding = flag<&O::clean>()},
    {.name = "session-expiry",
     .group = Group::mqtt,
     .scope = {kMqtt, kClient},
     .also = kRouteScope,
     .ends = both_ways(kMqttEnds),
     .arity = Arity::value,
     .value = "DURATION",
     .summary = "How long the broker keeps the session",
     .text = "In whole seconds, counted from the end of the connection, or never. Needs MQTT 5. "
             "Without "
             "it a session under --client-id never ends.",
     .binding = {apply_session_expiry, nullptr}},
    {.name = "will-topic",
     .group = Group::mqtt,
     .scope = {kMqtt, kClient},
     .also = kRouteScope,
     .ends = both_ways(kMqttEnd),
     .arity = Arity::value,
     .value = "TOPIC",
     .summary = "Where the broker reports an unexpected end",
     .text = "It publishes the will there when this program is gone without a good-bye.",
     .binding = string<&O::will_topic, read_topic>()},
    {.name = "will-payload",
     .group = Group::mqtt,
     .scope = {kMqtt, kClient},
     .also = kRouteScope,
     .ends = both_ways(kMqttEnd),
     .arity = Arity::value,
     .value = "DATA",
     .summary = "What the will says",
     .needs = "will-topic",
     .secret = Secret::yes,
     .binding = string<&O::will_payload, read_payload>()},
    {.name = "will-qos",
     .group = Group::mqtt,
     .scope = {kMqtt, kClient},
     .also = kRouteScope,
     .ends = both_ways(kMqttEnd),
     .arity = Arity::value,
     .value = "QOS",
     .choices = "0 1 2",
     .summary = "The will's QoS: 0, 1 or 2",
     .needs = "will-topic",
     .binding = qos<&O::will_qos>()},
    {.name = "will-retain",
     .group = Group::mqtt,
     .scope = {kMqtt, kClient},
     .also = kRouteScope,
     .ends = both_ways(kMqttEnd),
     .summary = "Let the broker keep the will",
     .needs = "will-topic",
     .binding = flag<&O::will_retain>()},
    {.name = "ws-path",
     .group = Group::mqtt,
     .scope = {kMqtt, kClient},
     .also = {kRelay, kRoute | kServe},
     .ends = both_ways(kMqttEnd),
     .arity = Arity::value,
     .value = "PATH",
     .summary = "The WebSocket's path at mqtt+ws://",
     .text = "With a query where the broker wants one. Without it /mqtt: the URL's own path is the "
             "topic. -H is for the same handshake.",
     .secret = Secret::yes,
     .binding = string<&O::ws_path, read_ws_path>()},
    {.name = "follow-redirect",
     .group = Group::mqtt,
     .scope = {kMqtt, kClient},
     .also = kRouteScope,
     .ends = both_ways(kMqttEnd),
     .summary = "Go where the broker sends its clients, once",
     .text = "With user and password, and not over WebSocket. Without it a redirect (MQTT 5) is a "
             "refusal that names the place.",
     .binding = flag<&O::follow_redirect>()},
    {.name = "skip-refused",
     .group = Group::mqtt,
     .scope = {kMqtt, kSends},
     .summary = "Go on without messages that are refused",
     .text = "For their length or their topic, or because the broker hangs up at one of them three "
             "times in a row (QoS 1 and 2). Each is told, and the exit code is 9.",
     .binding = flag<&O::skip_refused>()},
    {.name = "property",
     .group = Group::mqtt,
     .scope = {kMqtt, kSends | kRpc},
     .also = kRouteScope,
     .ends = as_sink(kMqttEnds),
     .arity = Arity::list,
     .value = "PROPERTY",
     .summary = "Send the user property NAME=VALUE (repeatable)",
     .text = "With every message. Needs MQTT 5.",
     .from_environment = false,
     .binding = list<&O::properties, read_property>()},
    {.name = "response-topic",
     .group = Group::mqtt,
     .scope = {kMqtt, kSends | kRpc},
     .arity = Arity::value,
     .value = "TOPIC",
     .summary = "Where answers to the messages are to go",
     .text = "In rpc it is made for the run: rtwire/answers/ and a name. Needs MQTT 5.",
     .binding = string<&O::response_topic, read_topic>()},
    {.name = "correlation",
     .group = Group::mqtt,
     .scope = {kMqtt, kSends},
     .arity = Arity::value,
     .value = "DATA",
     .summary = "What those answers are to bear",
     .text = "Correlation data of MQTT 5; rpc makes its own for each request.",
     .binding = string<&O::correlation, read_payload>()},
    {.name = "message-expiry",
     .group = Group::mqtt,
     .scope = {kMqtt, kSends | kRpc},
     .arity = Arity::value,
     .value = "DURATION",
     .summary = "Drop a message that waited for so long",
     .text = "A broker does not deliver it after that. In whole seconds. Needs MQTT 5.",
     .binding = {apply_message_expiry, nullptr}},
    {.name = "topic-from",
     .group = Group::mqtt,
     .scope = {kMqtt, kPub},
     .arity = Arity::value,
     .value = "PLACE",
     .summary = "Take each message's topic out of it",
     .text =
         "A JSON pointer (/sensor/id), or first-word: what stands before the first space, which "
         "is taken off, as mosquitto_sub -v prints it. Below the URL's topic, if it has one.",
     .conflicts = "replay",
     .binding = {apply_topic_from, nullptr}},
    {.name = "unordered",
     .group = Group::mqtt,
     .scope = {kMqtt, kRpc},
     .summary = "Print answers as they come",
     .text =
         "Without it they come in the order of their requests, so that a late one holds up those "
         "behind it.",
     .binding = flag<&O::unordered>()},
    {.name = "mosquitto",
     .group = Group::mqtt,
     .scope = {kMqtt, kClient},
     .common = {kMqtt, kClient},
     .arity = Arity::value,
     .value = "TOOL",
     .choices = "pub sub rr",
     .summary = "First of all: be mosquitto_pub, _sub or _rr",
     .text =
         "What follows is the line of that client of Mosquitto 2.0.11: the same letters, output "
         "and exit codes, so that alias mosquitto_sub='rtmqtt --mosquitto sub' works.",
     .from_environment = false,
     .from_file = false},
};

}  // namespace

std::span<const OptionRow> mqtt_rows() {
  return kRows;
}

}  // namespace rt::cli
