#include "cli/command/foreign_names.hpp"

#include <algorithm>
#include <iterator>

#include "base/text.hpp"
#include "cli/options/table.hpp"

namespace rt::cli {
namespace {

constexpr std::uint8_t kMqttOnly = program_bit(Program::rtmqtt);
constexpr std::uint8_t kWsOnly = program_bit(Program::rtws);
constexpr std::uint8_t kHttpOnly = program_bit(Program::rtpoll) | program_bit(Program::rtsse);
constexpr std::uint8_t kWeb = kHttpOnly | kWsOnly;
constexpr std::uint8_t kEverywhere = 0xFF;
constexpr std::uint8_t kPubOnly = verb_bit(Verb::pub);
constexpr std::uint8_t kSubOnly = verb_bit(Verb::sub);
constexpr std::uint8_t kServeOnly = verb_bit(Verb::serve);
constexpr std::uint8_t kAnyVerb = 0xFF;

constexpr std::string_view kBeforeServer =
    "for TLS and passwords put nginx or the like in front of serve";
constexpr std::string_view kBeforeBroker =
    "for TLS and passwords run mosquitto itself, with a configuration of your own";

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
    // servers
    {"password pass", '\0', program_bit(Program::rtrelay), kServeOnly,
     "for passwords put nginx or the like in front of serve; that of the broker of --bus is in "
     "--password-file FILE or RT_PASSWORD"},
    {"password pass pw tls ssl https certfile keyfile tls-cert tls-key ssl-cert ssl-key", '\0',
     kMqttOnly, kServeOnly, kBeforeBroker},
    {"password pass tls ssl https certfile keyfile tls-cert tls-key ssl-cert ssl-key", '\0',
     kEverywhere, kServeOnly, kBeforeServer},
    {"host hostname bind address", '\0', kEverywhere, kServeOnly,
     "the address stands before the port: HOST:PORT, or '*:PORT' for all interfaces"},
    {"listen", '\0', kEverywhere, kServeOnly, "the port is an argument: write it without a name"},

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
    {"null-message", 'n', kMqttOnly, kPubOnly, "give an empty message: ''"},
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
    {"", 'd', kEverywhere & ~kHttpOnly, kSubOnly, "use -v, or -vv for every byte"},
    {"cafile capath ca ca-file", '\0', kEverywhere, kAnyVerb, "use --cacert FILE"},
    {"tls-use-os-certs", '\0', kMqttOnly, kAnyVerb, "leave it out: mqtts:// checks against them"},
    {"tls-version tlsv1.2 tlsv1.3", '\0', kEverywhere, kAnyVerb,
     "leave it out: the newest that both sides speak is taken, or use --tls-max 1.2"},
    {"", 'A', kMqttOnly, kAnyVerb, "use --interface ADDRESS"},
    {"unix", '\0', kMqttOnly, kAnyVerb, "use --unix-socket FILE"},
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
    {"auth basic-auth", '\0', kEverywhere, kAnyVerb, "use --user NAME and --password-file FILE"},
    {"no-check", '\0', kEverywhere, kAnyVerb, "use --insecure"},
    {"ping-interval", '\0', kWsOnly, kAnyVerb, "use --keepalive DURATION"},
    {"buffer-size", 'B', kWsOnly, kAnyVerb, "use --max-message SIZE"},
    {"one-message", '1', kWsOnly, kSubOnly | verb_bit(Verb::pipe), "use --count 1"},
    {"text", 't', kWsOnly, kSubOnly, "leave it out: text and binary arrive alike"},
    {"binary", 'b', kWsOnly, kSubOnly, "leave it out: text and binary arrive alike"},
    {"", 't', kWsOnly, kPubOnly, "use --text"},
    {"", 'b', kWsOnly, kAnyVerb, "use --binary"},

    {"listen", '\0', kEverywhere, kAnyVerb, "use serve PORT"},
    {"wait long-poll", '\0', program_bit(Program::rtpoll), kSubOnly | verb_bit(Verb::pipe),
     "use --long, or --long=WAIT"},
    {"tail", '\0', kEverywhere, kSubOnly, "leave it out: sub follows by itself, or use --last N"},
    {"follow", '\0', kEverywhere, kSubOnly, "leave it out: sub follows by itself"},
    {"token access-token", '\0', kWeb, kAnyVerb, "use --bearer TOKEN, or --bearer-file FILE"},

    // kcat
    {"broker", 'b', kMqttOnly, kAnyVerb, "the broker stands in the URL: mqtt://HOST/TOPIC"},
    {"", 'e', kEverywhere, kSubOnly, "use --count N, or --timeout DURATION"},

    // curl
    {"max-time", 'm', kEverywhere, kAnyVerb, "use --timeout DURATION"},
    {"fail fail-with-body", 'f', kWeb, kAnyVerb,
     "leave it out: an answer of 400 or more is an error"},
    {"silent", 's', kEverywhere, kAnyVerb, "use --quiet"},
    {"show-error", 'S', kEverywhere, kAnyVerb, "leave it out: errors are always shown"},
    {"include", 'i', kWeb, kAnyVerb, "-v shows the heads of answers"},
    {"head", 'I', kWeb, kAnyVerb, "-v shows the heads of answers"},
    {"request", 'X', kWsOnly, kAnyVerb, "the verb says it: sub asks, pub sends"},
    {"request", 'X', kHttpOnly, kPubOnly, "the verb says it: sub asks, pub sends"},
    {"data-raw data-binary data-ascii", '\0', kEverywhere, kAnyVerb, "use --data"},
    {"data-urlencode", '\0', kEverywhere, kAnyVerb, "use --data with the text as it is to be sent"},
    {"upload-file", 'T', kWeb, kAnyVerb, "use --data @FILE"},
    {"form", '\0', kWeb, kAnyVerb, "use --data with the body as it is to be sent"},
    {"", 'F', kWeb, kPubOnly, "use --data with the body as it is to be sent, not a form"},
    {"get", 'G', kWeb, kAnyVerb, "sub asks with GET: write the query in the URL, ?NAME=VALUE"},
    {"user-agent", 'A', kWeb, kAnyVerb, "use -H 'User-Agent: NAME'"},
    {"referer", '\0', kWeb, kAnyVerb, "use -H 'Referer: URL'"},
    {"cookie", 'b', kWeb, kAnyVerb, "use -H 'Cookie: NAME=VALUE', or --cookie-jar FILE"},
    {"", 'c', kHttpOnly, kAnyVerb, "use --cookie-jar FILE"},
    {"", 'x', kEverywhere, kAnyVerb, "use --proxy URL"},
    {"preproxy socks4 socks4a socks5 socks5-hostname", '\0', kEverywhere, kAnyVerb,
     "use --proxy socks5://HOST:PORT (or socks4, socks4a, socks5h)"},
    {"proxy-user", 'U', kEverywhere, kAnyVerb, "use --proxy http://USER:PASSWORD@HOST:PORT"},
    {"noproxy", '\0', kEverywhere, kAnyVerb,
     "name the hosts in NO_PROXY, or give --proxy '' to use none"},
    {"netrc-optional", '\0', kEverywhere, kAnyVerb, "use --netrc"},
    {"connect-to", '\0', kEverywhere, kAnyVerb, "use --resolve HOST:PORT:ADDRESS"},
    {"abstract-unix-socket", '\0', kEverywhere, kAnyVerb, "use --unix-socket FILE"},
    {"max-redirs", '\0', kWeb, kAnyVerb, "use --no-location to follow none"},
    {"tls-min tlsv1.0 tlsv1.1 tlsv1", '\0', kEverywhere, kAnyVerb,
     "leave it out: the newest that both sides speak is taken, or use --tls-max 1.2"},
    {"no-buffer", 'N', kEverywhere, kAnyVerb, "leave it out: each message is written at once"},
    {"oauth2-bearer", '\0', kEverywhere, kAnyVerb, "use --bearer-file FILE or RT_BEARER"},
    {"compressed", '\0', kHttpOnly, kAnyVerb, "leave it out: compression is asked for"},
    {"compressed", '\0', kWsOnly, kAnyVerb, "use --compress"},
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

bool has_letter(Program program, std::optional<Verb> verb, char letter) {
  const auto rows = option_table();
  return std::any_of(rows.begin(), rows.end(), [&](const OptionRow& row) {
    return row.letter == letter && (verb ? applies(row, program, *verb) : applies(row, program));
  });
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

std::optional<std::string> instead_of_letters(Program program, std::optional<Verb> verb,
                                              std::string_view typed) {
  constexpr std::size_t kMost = 5;  // longer ones are rather words
  if (typed.starts_with("--") || typed.size() < 3 || typed.size() > kMost) return std::nullopt;
  std::string told;
  for (const char letter : typed.substr(1)) {
    const auto instead = instead_of_option(program, verb, std::string{'-', letter});
    if (!instead && !has_letter(program, verb, letter)) return std::nullopt;
    if (!instead) continue;
    if (!told.empty()) told += "; ";
    told.append("-").append(1, letter).append(": ").append(*instead);
  }
  return told.empty() ? std::nullopt : std::optional<std::string>(std::move(told));
}

std::string_view instead_of_misplaced(Program program, std::optional<Verb> verb,
                                      const OptionRow& row,
                                      const std::vector<std::string>& arguments) {
  if (verb == Verb::serve && holds("cert key user password-file bearer bearer-file", row.name))
    return program == Program::rtmqtt ? kBeforeBroker : kBeforeServer;
  if (program == Program::rtmqtt && row.name == "state")
    return "the broker keeps it: use --client-id ID and --session-expiry DURATION";
  if (row.letter == '\0') return {};
  const std::string letter{'-', row.letter};
  const auto end = std::find(arguments.begin(), arguments.end(), "--");
  const bool written = std::any_of(arguments.begin(), end, [&](const std::string& argument) {
    return argument.starts_with(letter);
  });
  return written ? instead_of_option(program, verb, letter).value_or("") : std::string_view();
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
