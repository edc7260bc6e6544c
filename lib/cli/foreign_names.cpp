#include "cli/foreign_names.hpp"

#include <algorithm>
#include <iterator>

#include "base/text.hpp"
#include "cli/option_table.hpp"

namespace rt::cli {
namespace {

constexpr std::uint8_t kMqttOnly = program_bit(Program::rtmqtt);
constexpr std::uint8_t kWsOnly = program_bit(Program::rtws);
constexpr std::uint8_t kHttpOnly = program_bit(Program::rtpoll) | program_bit(Program::rtsse);
constexpr std::uint8_t kWeb = kHttpOnly | kWsOnly;
constexpr std::uint8_t kEverywhere = 0xFF;
constexpr std::uint8_t kPubOnly = verb_bit(Verb::pub);
constexpr std::uint8_t kSubOnly = verb_bit(Verb::sub);
constexpr std::uint8_t kAnyVerb = 0xFF;

// Spelt with or without a letter of the same meaning; several long names are separated by spaces.
struct ForeignOption {
  std::string_view names;
  char letter;
  std::uint8_t programs;
  std::uint8_t verbs;
  std::string_view instead;
};

// The first that fits counts: Mosquitto's letters stand before the others' for rtmqtt.
constexpr ForeignOption kForeignOptions[] = {
    // mosquitto_sub and mosquitto_pub
    {"topic-filter", 't', kMqttOnly, kSubOnly,
     "topics stand in the URL: mqtt://HOST/TOPIC, or --topic FILTER"},
    {"", 't', kMqttOnly, kAnyVerb, "the topic stands in the URL: mqtt://HOST/TOPIC"},
    {"host", '\0', kMqttOnly, kAnyVerb, "the host stands in the URL: mqtt://HOST/TOPIC"},
    {"port", 'p', kMqttOnly, kAnyVerb, "the port stands in the URL: mqtt://HOST:PORT/TOPIC"},
    {"pw", 'P', kMqttOnly, kAnyVerb, "use --password-file FILE or RT_PASSWORD"},
    {"username", '\0', kEverywhere, kAnyVerb, "use --user NAME"},
    {"id id-prefix", 'i', kMqttOnly, kAnyVerb, "use --client-id ID"},
    {"", 'I', kMqttOnly, kAnyVerb, "use --client-id ID"},
    {"message", 'm', kMqttOnly, kPubOnly, "messages are arguments: rtmqtt pub URL MESSAGE"},
    {"file", 'f', kMqttOnly, kPubOnly, "use --data @FILE"},
    {"", 'f', kMqttOnly, kSubOnly, "use --format TEMPLATE"},
    {"stdin-line", 'l', kMqttOnly, kPubOnly,
     "leave it out: without MESSAGE each line of stdin is a message"},
    {"stdin-file", 's', kMqttOnly, kPubOnly, "use --data @-"},
    {"null-message", '\0', kMqttOnly, kPubOnly, "give an empty message: ''"},
    {"repeat", '\0', kMqttOnly, kPubOnly, "use a loop of the shell"},
    {"", 'r', kMqttOnly, kAnyVerb, "use --retain"},
    {"disable-clean-session", 'c', kMqttOnly, kAnyVerb,
     "--client-id ID keeps the session, unless --clean is given"},
    {"", 'C', kMqttOnly, kSubOnly, "use --count N"},
    {"", 'W', kMqttOnly, kAnyVerb, "use --timeout DURATION"},
    {"protocol-version", '\0', kMqttOnly, kAnyVerb, "use --protocol 5 or --protocol 3.1.1"},
    {"", 'R', kMqttOnly, kSubOnly, "use --no-retained"},
    {"filter-out", 'T', kMqttOnly, kSubOnly, "use --exclude FILTER"},
    {"", 'x', kMqttOnly, kAnyVerb, "use --session-expiry DURATION"},
    {"", 'D', kMqttOnly, kAnyVerb, "use --property NAME=VALUE"},
    {"", 'N', kMqttOnly, kSubOnly, "use --raw"},
    {"debug", '\0', kEverywhere, kAnyVerb, "use -v, or -vv for every byte"},
    {"", 'd', kEverywhere, kSubOnly, "use -v, or -vv for every byte"},
    {"cafile capath ca ca-file", '\0', kEverywhere, kAnyVerb, "use --cacert FILE"},
    {"tls-use-os-certs", '\0', kMqttOnly, kAnyVerb, "leave it out: mqtts:// checks against them"},
    {"tls-version tlsv1.2 tlsv1.3", '\0', kEverywhere, kAnyVerb,
     "leave it out: the newest that both sides speak is taken"},
    {"url", 'L', kMqttOnly, kAnyVerb, "the URL is an argument: write it without a name"},

    // wscat and websocat
    {"", 't', kWsOnly, verb_bit(Verb::pipe),
     "leave it out: a message is sent as text when it is UTF-8, or write --text"},
    {"", 'E', kWsOnly, kSubOnly | kPubOnly | verb_bit(Verb::pipe),
     "leave it out: the program ends with its stdin, or with --no-reconnect when the other side "
     "closes"},
    {"no-close", '\0', kWsOnly, kAnyVerb, "use --linger DURATION"},
    {"unidirectional", '\0', kWsOnly, kAnyVerb, "use rtws pub"},
    {"unidirectional-reverse", 'U', kWsOnly, kAnyVerb, "use rtws sub"},
    {"connect", 'c', kWsOnly, kAnyVerb, "the URL is an argument: rtws URL"},
    {"listen server-mode", 'l', kWsOnly, kAnyVerb, "use rtws serve PORT"},
    {"execute", 'x', kWsOnly, kAnyVerb, "use rtws pub URL MESSAGE"},
    {"wait", 'w', kWsOnly, kAnyVerb, "use --linger DURATION"},
    {"show-ping-pong", 'P', kWsOnly, kAnyVerb, "use -v"},
    {"", 's', kWsOnly, kAnyVerb, "use --subprotocol NAME, or rtws serve PORT"},
    {"protocol", '\0', kWsOnly, kAnyVerb, "use --subprotocol NAME"},
    {"auth basic-auth", '\0', kEverywhere, kAnyVerb, "use --user NAME and --password-file FILE"},
    {"no-check", '\0', kEverywhere, kAnyVerb, "use --insecure"},
    {"ping-interval", '\0', kWsOnly, kAnyVerb, "use --keepalive DURATION"},
    {"buffer-size", 'B', kWsOnly, kAnyVerb, "use --max-message SIZE"},
    {"one-message", '1', kWsOnly, kAnyVerb, "use --count 1"},
    {"text", 't', kEverywhere, kSubOnly, "leave it out: text and binary arrive alike"},
    {"binary", 'b', kEverywhere, kSubOnly, "leave it out: text and binary arrive alike"},
    {"", 't', kWeb, kPubOnly, "use --text"},
    {"", 'b', kWeb, kPubOnly, "use --binary"},

    {"tail", '\0', kEverywhere, kSubOnly, "leave it out: sub follows by itself, or use --last N"},
    {"follow", '\0', kEverywhere, kSubOnly, "leave it out: sub follows by itself"},
    {"token access-token", '\0', kWeb, kAnyVerb, "use --bearer TOKEN, or --bearer-file FILE"},

    // kcat
    {"broker", 'b', kMqttOnly, kAnyVerb, "the broker stands in the URL: mqtt://HOST/TOPIC"},
    {"", 'e', kEverywhere, kSubOnly, "use --count N, or --timeout DURATION"},

    // curl
    {"max-time", 'm', kEverywhere, kAnyVerb, "use --timeout DURATION"},
    {"location", 'L', kEverywhere, kAnyVerb, "leave it out: redirects are followed"},
    {"fail fail-with-body", 'f', kWeb, kAnyVerb,
     "leave it out: an answer of 400 or more is an error"},
    {"silent", 's', kEverywhere, kAnyVerb, "use --quiet"},
    {"show-error", 'S', kEverywhere, kAnyVerb, "leave it out: errors are always shown"},
    {"include", 'i', kWeb, kAnyVerb, "-v shows the heads of answers"},
    {"head", 'I', kWeb, kAnyVerb, "-v shows the heads of answers"},
    {"request", 'X', kWeb, kAnyVerb, "the verb says it: sub asks, pub sends"},
    {"data-raw data-binary data-ascii", '\0', kEverywhere, kAnyVerb, "use --data"},
    {"data-urlencode", '\0', kEverywhere, kAnyVerb, "use --data with the text as it is to be sent"},
    {"upload-file", 'T', kWeb, kAnyVerb, "use --data @FILE"},
    {"form", '\0', kWeb, kAnyVerb, "use --data with the body as it is to be sent"},
    {"user-agent", 'A', kWeb, kAnyVerb, "use -H 'User-Agent: NAME'"},
    {"referer", '\0', kWeb, kAnyVerb, "use -H 'Referer: URL'"},
    {"cookie", 'b', kWeb, kAnyVerb, "use -H 'Cookie: NAME=VALUE'"},
    {"proxy", 'x', kEverywhere, kAnyVerb, "name the proxy in HTTPS_PROXY or http_proxy"},
    {"noproxy", '\0', kEverywhere, kAnyVerb, "name the hosts in NO_PROXY"},
    {"no-buffer", 'N', kEverywhere, kAnyVerb, "leave it out: each message is written at once"},
    {"oauth2-bearer", '\0', kEverywhere, kAnyVerb, "use --bearer-file FILE or RT_BEARER"},
    {"compressed", '\0', kWeb, kAnyVerb, "leave it out: compression is asked for"},
    {"url", '\0', kEverywhere, kAnyVerb, "the URL is an argument: write it without a name"},
    {"json-body", '\0', kWeb, kAnyVerb, "use --data and --content-type application/json"},
    {"trace trace-ascii", '\0', kEverywhere, kAnyVerb, "use -vv"},
    {"port", 'p', kEverywhere, kAnyVerb, "the port stands in the URL, or behind serve"},
    {"password pass", '\0', kEverywhere, kAnyVerb, "use --password-file FILE or RT_PASSWORD"},
};

struct ForeignVerb {
  std::string_view names;
  Verb verb;
};

constexpr ForeignVerb kForeignVerbs[] = {
    {"subscribe consume consumer listen-to tail watch get read receive follow fetch", Verb::sub},
    {"publish produce producer send post put write push emit", Verb::pub},
    {"connect cat chat open duplex", Verb::pipe},
    {"listen server start daemon hub broker", Verb::serve},
};

bool holds(std::string_view names, std::string_view name) {
  const auto all = split(names, ' ');
  return !name.empty() && std::find(all.begin(), all.end(), name) != all.end();
}

}  // namespace

std::optional<std::string_view> instead_of_option(Program program, std::optional<Verb> verb,
                                                  std::string_view typed) {
  const bool is_long = typed.starts_with("--");
  const std::string name = ascii_lower(typed.substr(std::min<std::size_t>(2, typed.size())));
  // "-interval" is a name that was meant to be long, "-p1883" a letter with its value.
  const bool is_letter =
      !is_long && (typed.size() == 2 || (typed.size() > 2 && typed[2] >= '0' && typed[2] <= '9'));
  const char letter = is_letter ? typed[1] : '\0';
  for (const ForeignOption& option : kForeignOptions) {
    if ((option.programs & program_bit(program)) == 0) continue;
    if (verb && (option.verbs & verb_bit(*verb)) == 0) continue;
    if (!verb && option.verbs != kAnyVerb) continue;
    if (is_long ? holds(option.names, name) : letter != '\0' && option.letter == letter)
      return option.instead;
  }
  return std::nullopt;
}

std::optional<Verb> instead_of_verb(Program program, std::string_view typed) {
  const std::string name = ascii_lower(typed);
  for (const ForeignVerb& foreign : kForeignVerbs) {
    if (!holds(foreign.names, name)) continue;
    for (const Verb verb : verbs_of(program))
      if (verb == foreign.verb) return verb;
  }
  return std::nullopt;
}

}  // namespace rt::cli
