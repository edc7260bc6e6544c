#include "cli/mosquitto/table.hpp"

#include <algorithm>
#include <cstdlib>

#include "base/text.hpp"
#include "model/topic.hpp"

namespace rt::cli {
namespace {

using Draft = MosquittoDraft;
using Input = MosquittoCommand::Input;

// As atoi() and atof() read them, which is what these clients do.
int number_of(const std::string& text) {
  const long value = std::strtol(text.c_str(), nullptr, 10);
  return static_cast<int>(std::clamp<long>(value, -1'000'000'000, 1'000'000'000));
}
double fraction_of(const std::string& text) {
  return std::strtod(text.c_str(), nullptr);
}

constexpr char kNothingWrong[] = "";

std::string take_input(Draft& draft, Input input) {
  if (draft.command.input != Input::none)
    return "Error: Only one type of message can be sent at once.\n\n";
  draft.command.input = input;
  return kNothingWrong;
}

std::string fault_of_text(const std::string& text, std::string_view where) {
  if (valid_mqtt_text(text)) return kNothingWrong;
  return "Error: Malformed UTF-8 in " + std::string(where) + " argument.\n\n";
}

std::string fault_of_name(const std::string& topic, std::string_view kind) {
  if (!has_wildcards(topic)) return kNothingWrong;
  return "Error: Invalid " + std::string(kind) + " topic '" + topic +
         "', does it contain '+' or '#'?\n";
}

std::string fault_of_mask(const std::string& filter, std::string_view kind) {
  if (valid_filter(filter)) return kNothingWrong;
  return "Error: Invalid " + std::string(kind) + " topic '" + filter +
         "', are all '+' and '#' wildcards correct?\n";
}

std::string take_topic(Draft& draft, const std::string& topic, std::string_view where) {
  if (std::string wrong = fault_of_text(topic, where); !wrong.empty()) return wrong;
  if (draft.command.tool == MosquittoTool::sub) {
    if (std::string wrong = fault_of_mask(topic, "subscription"); !wrong.empty()) return wrong;
    draft.command.options.topics.push_back(topic);
    return kNothingWrong;
  }
  draft.command.topic = topic;
  return fault_of_name(topic, "publish");
}

std::string take_url(Draft& draft, const std::string& text) {
  std::string_view rest = text;
  const std::string scheme = ascii_lower(text.substr(0, 8));
  if (scheme.starts_with("mqtt://")) {
    rest.remove_prefix(7);
    draft.port = 1883;
  } else if (scheme == "mqtts://") {
    rest.remove_prefix(8);
    draft.port = 8883;
    draft.tls = true;
  } else {
    return "Error: unsupported URL scheme.\n\n";
  }
  const std::size_t slash = rest.find('/');
  if (slash == std::string_view::npos)
    return "Error: Invalid URL for -L argument specified - topic missing.\n";
  const std::string topic(rest.substr(slash + 1));
  if (std::string wrong = take_topic(draft, topic, "-L topic"); !wrong.empty()) return wrong;
  rest = rest.substr(0, slash);
  if (const std::size_t at = rest.find('@'); at != std::string_view::npos) {
    const std::string_view login = rest.substr(0, at);
    const std::size_t colon = login.find(':');
    draft.command.user = std::string(login.substr(0, colon));
    if (colon != std::string_view::npos) draft.command.password = login.substr(colon + 1);
    rest.remove_prefix(at + 1);
  }
  const std::size_t colon = rest.find(':');
  draft.host = rest.substr(0, colon);
  if (colon != std::string_view::npos) draft.port = number_of(std::string(rest.substr(colon + 1)));
  return kNothingWrong;
}

std::string take_keepalive(Draft& draft, const std::string& text) {
  const int seconds = number_of(text);
  if (seconds < 5 || seconds > 65535)
    return "Error: Invalid keepalive given, it must be between 5 and 65535 inclusive.\n\n";
  draft.command.options.mqtt_keepalive = std::chrono::seconds(seconds);
  return kNothingWrong;
}

std::string take_expiry(Draft& draft, const std::string& text) {
  if (text == "\xE2\x88\x9E") {  // the sign of infinity
    draft.expiry = 0xFFFF'FFFF;
    return kNothingWrong;
  }
  char* end = nullptr;
  const long long value = std::strtoll(text.c_str(), &end, 0);
  if (end == text.c_str() || *end != '\0')
    return "Error: session-expiry-interval not a number.\n\n";
  if (value > 0xFFFF'FFFF || value < -1) return "Error: session-expiry-interval out of range.\n\n";
  draft.expiry = value == -1 ? 0xFFFF'FFFF : value;
  return kNothingWrong;
}

std::string take_version(Draft& draft, const std::string& text) {
  MqttProtocol& protocol = draft.command.options.protocol;
  if (text == "mqttv31" || text == "31")
    protocol = MqttProtocol::v31;
  else if (text == "mqttv311" || text == "311")
    protocol = MqttProtocol::v311;
  else if (text == "mqttv5" || text == "5")
    protocol = MqttProtocol::v5;
  else
    return "Error: Invalid protocol version argument given.\n\n";
  return kNothingWrong;
}

std::string take_format(Draft& draft, const std::string& text) {
  const std::string fault = fault_of_mosquitto_format(text);
  if (!fault.empty()) return "Error: " + fault + "\n";
  draft.command.format.text = text;
  return kNothingWrong;
}

std::string take_proxy(Draft& draft, const std::string& text) {
  if (!text.starts_with("socks5h://")) return "Error: Unsupported proxy protocol: " + text + "\n";
  // Ours reads all that a URL can have, and wants the port that theirs takes for granted.
  std::string url = text;
  const std::size_t host = url.rfind('@') == std::string::npos ? 10 : url.rfind('@') + 1;
  if (url.find(':', url.find(']', host) == std::string::npos ? host : url.find(']', host)) ==
      std::string::npos)
    url += ":1080";
  draft.command.options.network.proxy = url;
  return kNothingWrong;
}

// What is only told when the line is right: these clients say so, too, when they set it up.
std::string cannot(Draft& draft, std::string_view option, std::string_view why) {
  if (draft.unsupported.empty())
    draft.unsupported =
        "Error: " + std::string(option) + " is not possible here: " + std::string(why) + ".\n";
  return kNothingWrong;
}

constexpr MosquittoRow kRows[] = {
    {.name = "-A",
     .missing = "no address specified",
     .value = "ADDRESS",
     .meaning = "Connect from this address or interface (--interface)",
     .apply = [](Draft& d, const std::string& v) -> std::string {
       d.command.options.network.interface = v;
       return kNothingWrong;
     }},
    {.name = "-C",
     .tools = kOfSub,
     .missing = "no count specified",
     .value = "COUNT",
     .meaning = "End after so many messages (--count)",
     .apply = [](Draft& d, const std::string& v) -> std::string {
       const int count = number_of(v);
       if (count < 1) return "Error: Invalid message count \"" + std::to_string(count) + "\".\n\n";
       d.command.options.count = static_cast<std::uint64_t>(count);
       return kNothingWrong;
     }},
    {.name = "-c",
     .longer = "--disable-clean-session",
     .meaning = "Go on with the session of -i, and leave it behind",
     .apply = [](Draft& d, const std::string&) -> std::string {
       d.command.clean = false;
       return kNothingWrong;
     }},
    {.name = "-D",
     .longer = "--property",
     .missing = "not enough arguments specified",
     .value = "PACKET NAME VALUE",
     .meaning =
         "A property of MQTT 5 in connect, publish, subscribe, unsubscribe, disconnect or will"},
    {.name = "-d",
     .longer = "--debug",
     .meaning = "Show the packets on stdout, in Mosquitto's words",
     .apply = [](Draft& d, const std::string&) -> std::string {
       d.command.debug = true;
       return kNothingWrong;
     }},
    {.name = "-E",
     .tools = kOfSub,
     .meaning = "End when the subscriptions are answered",
     .apply = [](Draft& d, const std::string&) -> std::string {
       d.command.exits_when_subscribed = true;
       return kNothingWrong;
     }},
    {.name = "-e",
     .tools = kOfRr,
     .missing = "no response topic specified",
     .value = "TOPIC",
     .meaning = "Where the answer comes (--response-topic)",
     .apply = [](Draft& d, const std::string& v) -> std::string {
       if (std::string wrong = fault_of_text(v, "-e"); !wrong.empty()) return wrong;
       d.command.response_topic = v;
       return fault_of_name(v, "response");
     }},
    {.name = "-F",
     .tools = kOfSub | kOfRr,
     .missing = "no format specified",
     .value = "FORMAT",
     .meaning = "How a message is printed, all letters of mosquitto_sub(1)",
     .apply = take_format},
    {.name = "-f",
     .longer = "--file",
     .tools = kOfPub | kOfRr,
     .missing = "no file specified",
     .value = "FILE",
     .meaning = "Send this file (-d @FILE)",
     .apply = [](Draft& d, const std::string& v) -> std::string {
       d.command.file = v;
       return take_input(d, Input::file);
     }},
    {.name = "-h",
     .longer = "--host",
     .missing = "no host specified",
     .value = "HOST",
     .meaning = "The broker; localhost without it (the URL's host)",
     .apply = [](Draft& d, const std::string& v) -> std::string {
       d.host = v;
       return kNothingWrong;
     }},
    {.name = "-I",
     .longer = "--id-prefix",
     .missing = "no id prefix specified",
     .value = "PREFIX",
     .meaning = "Identify as PREFIX and the process's number",
     .apply = [](Draft& d, const std::string& v) -> std::string {
       if (d.command.id) return "Error: -i and -I argument cannot be used together.\n\n";
       d.id_prefix = v;
       return kNothingWrong;
     }},
    {.name = "-i",
     .longer = "--id",
     .missing = "no id specified",
     .value = "ID",
     .meaning = "Identify as this (--client-id)",
     .apply = [](Draft& d, const std::string& v) -> std::string {
       if (d.id_prefix) return "Error: -i and -I argument cannot be used together.\n\n";
       d.command.id = v;
       return kNothingWrong;
     }},
    {.name = "-k",
     .longer = "--keepalive",
     .missing = "no keepalive specified",
     .value = "SECONDS",
     .meaning = "Ping after so long; 60 without it (--keepalive)",
     .apply = take_keepalive},
    {.name = "-L",
     .longer = "--url",
     .missing = "no URL specified",
     .value = "URL",
     .meaning = "User, password, host, port and topic at once (mqtt: and mqtts:)",
     .apply = take_url},
    {.name = "-l",
     .longer = "--stdin-line",
     .tools = kOfPub,
     .meaning = "Send each line of stdin",
     .apply = [](Draft& d, const std::string&) { return take_input(d, Input::lines); }},
    {.name = "-M",
     .missing = "max_inflight not specified",
     .value = "NUMBER",
     .meaning = "So many of QoS 1 and 2 without an answer; 20 without it",
     .apply = [](Draft& d, const std::string& v) -> std::string {
       const int most = number_of(v);
       if (most < 1) return "Error: Maximum inflight messages must be greater than 0.\n\n";
       d.command.most_under_way = static_cast<std::uint16_t>(std::min(most, 65535));
       return kNothingWrong;
     }},
    {.name = "-m",
     .longer = "--message",
     .tools = kOfPub | kOfRr,
     .missing = "no message specified",
     .value = "MESSAGE",
     .meaning = "Send this (the MESSAGE argument)",
     .apply = [](Draft& d, const std::string& v) -> std::string {
       d.command.message = v;
       return take_input(d, Input::argument);
     }},
    {.name = "-N",
     .tools = kOfSub | kOfRr,
     .meaning = "Put no newline behind a message",
     .apply = [](Draft& d, const std::string&) -> std::string {
       d.command.format.end_of_line = false;
       return kNothingWrong;
     }},
    {.name = "-n",
     .longer = "--null-message",
     .tools = kOfPub | kOfRr,
     .meaning = "Send an empty message",
     .apply = [](Draft& d, const std::string&) { return take_input(d, Input::empty); }},
    {.name = "-P",
     .longer = "--pw",
     .missing = "no password specified",
     .value = "PASSWORD",
     .meaning = "The password, for all to see (--password-file)",
     .apply = [](Draft& d, const std::string& v) -> std::string {
       d.command.password = v;
       return kNothingWrong;
     }},
    {.name = "-p",
     .longer = "--port",
     .missing = "no port specified",
     .value = "PORT",
     .meaning = "1883 without it, 8883 with TLS (the URL's port)",
     .apply = [](Draft& d, const std::string& v) -> std::string {
       d.port = number_of(v);
       if (*d.port >= 0 && *d.port <= 65535) return kNothingWrong;
       return "Error: Invalid port given: " + std::to_string(*d.port) + "\n";
     }},
    {.name = "-q",
     .longer = "--qos",
     .missing = "no QoS specified",
     .value = "QOS",
     .meaning = "0, 1 or 2 (--qos)",
     .apply = [](Draft& d, const std::string& v) -> std::string {
       const int qos = number_of(v);
       if (qos < 0 || qos > 2) return "Error: Invalid QoS given: " + std::to_string(qos) + "\n";
       d.command.options.qos = static_cast<std::uint8_t>(qos);
       return kNothingWrong;
     }},
    {.name = "-R",
     .tools = kOfSub | kOfRr,
     .meaning = "Leave out what the broker had kept (--no-retained)",
     .apply = [](Draft& d, const std::string&) -> std::string {
       d.command.options.no_retained = true;
       d.command.subscription_options |= 0x20;
       return kNothingWrong;
     }},
    {.name = "-r",
     .longer = "--retain",
     .tools = kOfPub,
     .meaning = "Let the broker keep it (--retain)",
     .apply = [](Draft& d, const std::string&) -> std::string {
       d.command.options.retain = true;
       return kNothingWrong;
     }},
    {.name = "-s",
     .longer = "--stdin-file",
     .tools = kOfPub | kOfRr,
     .meaning = "Send all of stdin as one message (-d @-)",
     .apply = [](Draft& d, const std::string&) { return take_input(d, Input::all); }},
    {.name = "-T",
     .longer = "--filter-out",
     .tools = kOfSub,
     .missing = "no topic filter specified",
     .value = "FILTER",
     .meaning = "Leave out these topics (--exclude)",
     .apply = [](Draft& d, const std::string& v) -> std::string {
       if (std::string wrong = fault_of_text(v, "-T"); !wrong.empty()) return wrong;
       d.command.options.excludes.push_back(v);
       return fault_of_mask(v, "filter");
     }},
    {.name = "-t",
     .longer = "--topic",
     .missing = "no topic specified",
     .value = "TOPIC",
     .meaning = "The topic, or a filter in sub, which takes several (the URL's path, --topic)",
     .apply = [](Draft& d, const std::string& v) { return take_topic(d, v, "-t"); }},
    {.name = "-U",
     .longer = "--unsubscribe",
     .tools = kOfSub,
     .missing = "no unsubscribe topic specified",
     .value = "FILTER",
     .meaning = "Take this out of a session that goes on",
     .apply = [](Draft& d, const std::string& v) -> std::string {
       if (std::string wrong = fault_of_text(v, "-U"); !wrong.empty()) return wrong;
       d.command.unsubscribed.push_back(v);
       return fault_of_mask(v, "unsubscribe");
     }},
    {.name = "-u",
     .longer = "--username",
     .missing = "no username specified",
     .value = "USER",
     .meaning = "The user's name (-u)",
     .apply = [](Draft& d, const std::string& v) -> std::string {
       d.command.user = v;
       return kNothingWrong;
     }},
    {.name = "-V",
     .longer = "--protocol-version",
     .missing = "no version specified",
     .value = "VERSION",
     .meaning = "mqttv5, mqttv311 (the default, but in rr) or mqttv31 (--protocol)",
     .apply = take_version,
     .called = "--protocol-version"},
    {.name = "-v",
     .longer = "--verbose",
     .tools = kOfSub | kOfRr,
     .meaning = "Print the topic before each message",
     .apply = [](Draft& d, const std::string&) -> std::string {
       d.command.format.verbose = true;
       return kNothingWrong;
     }},
    {.name = "-W",
     .tools = kOfSub | kOfRr,
     .missing = "no timeout specified",
     .value = "SECONDS",
     .meaning = "End after so long, with 27 (--timeout)",
     .apply = [](Draft& d, const std::string& v) -> std::string {
       const int seconds = number_of(v);
       if (seconds < 1) return "Error: Invalid timeout \"" + std::to_string(seconds) + "\".\n\n";
       d.command.options.timeout = std::chrono::seconds(seconds);
       return kNothingWrong;
     }},
    {.name = "-x",
     .missing = "no session expiry interval specified",
     .value = "SECONDS",
     .meaning = "How long the session is kept; -1: for ever (--session-expiry)",
     .apply = take_expiry},
    {.name = "--cafile",
     .missing = "no file specified",
     .value = "FILE",
     .meaning = "TLS, with a certificate of one of these authorities (--cacert)",
     .apply = [](Draft& d, const std::string& v) -> std::string {
       d.command.options.tls.ca_file = v;
       return kNothingWrong;
     }},
    {.name = "--capath",
     .missing = "no directory specified",
     .value = "DIRECTORY",
     .meaning = "The same with a directory of them",
     .apply = [](Draft& d, const std::string& v) -> std::string {
       d.command.options.tls.ca_directory = v;
       return kNothingWrong;
     }},
    {.name = "--cert",
     .missing = "no file specified",
     .value = "FILE",
     .meaning = "Our own certificate (--cert)",
     .apply = [](Draft& d, const std::string& v) -> std::string {
       d.command.options.tls.certificate_file = v;
       return kNothingWrong;
     }},
    {.name = "--ciphers",
     .missing = "no ciphers specified",
     .value = "LIST",
     .meaning = "What TLS 1.2 may use, as OpenSSL names it",
     .apply = [](Draft& d, const std::string& v) -> std::string {
       d.command.options.tls.ciphers = v;
       return kNothingWrong;
     }},
    {.name = "--insecure",
     .meaning = "Do not compare the certificate's name with the host's",
     .apply = [](Draft& d, const std::string&) -> std::string {
       d.command.options.tls.verify = Verify::chain;
       return kNothingWrong;
     }},
    {.name = "--key",
     .missing = "no file specified",
     .value = "FILE",
     .meaning = "The key of --cert (--key)",
     .apply = [](Draft& d, const std::string& v) -> std::string {
       d.command.options.tls.key_file = v;
       return kNothingWrong;
     }},
    {.name = "--keyform",
     .missing = "no keyform specified",
     .value = "FORM",
     .meaning = "pem; an engine is not possible here",
     .apply = [](Draft& d, const std::string& v) -> std::string {
       d.key_form = v;
       if (v == "pem") return kNothingWrong;
       return cannot(d, "--keyform " + v, "keys are files in PEM");
     }},
    {.name = "--nodelay",
     .meaning = "Always so here: packets are not held back",
     .apply = [](Draft&, const std::string&) -> std::string { return kNothingWrong; }},
    {.name = "--pretty",
     .tools = kOfSub | kOfRr,
     .meaning = "Print %j and %J in several lines",
     .apply = [](Draft& d, const std::string&) -> std::string {
       d.command.format.pretty = true;
       return kNothingWrong;
     }},
    {.name = "--proxy",
     .missing = "no proxy url specified",
     .value = "URL",
     .meaning = "Connect through socks5h://[USER[:PASSWORD]@]HOST[:PORT] (--proxy)",
     .apply = take_proxy},
    {.name = "--psk",
     .missing = "no key specified",
     .value = "KEY",
     .meaning = "Not possible here: libcurl has no TLS with pre-shared keys",
     .apply =
         [](Draft& d, const std::string&) {
           d.psk = true;
           return cannot(d, "--psk", "libcurl has no TLS with pre-shared keys");
         }},
    {.name = "--psk-identity",
     .missing = "no identity specified",
     .value = "NAME",
     .meaning = "Not possible here, as --psk",
     .apply = [](Draft& d, const std::string&) -> std::string {
       d.psk_identity = true;
       return kNothingWrong;
     }},
    {.name = "--quiet",
     .meaning = "Print no errors (-q)",
     .apply = [](Draft& d, const std::string&) -> std::string {
       d.command.options.quiet = true;
       return kNothingWrong;
     }},
    {.name = "--random-filter",
     .tools = kOfSub,
     .missing = "no chance specified",
     .value = "PERCENT",
     .meaning = "Print a part of the messages, by chance",
     .apply = [](Draft& d, const std::string& v) -> std::string {
       const double tenths = 10.0 * fraction_of(v);
       if (!(tenths >= 1.0 && tenths < 10'001.0))
         return "Error: --random-filter chance must be between 0.1-100.0\n\n";
       // In ten thousand, though tenths of a percent are meant: as it is.
       d.command.format.chance = static_cast<unsigned>(tenths);
       return kNothingWrong;
     }},
    {.name = "--remove-retained",
     .tools = kOfSub,
     .meaning = "Have the broker forget what it had kept, once it is printed",
     .apply = [](Draft& d, const std::string&) -> std::string {
       d.command.removes_retained = true;
       return kNothingWrong;
     }},
    {.name = "--repeat",
     .tools = kOfPub,
     .missing = "no count specified",
     .value = "COUNT",
     .meaning = "Send it so often",
     .apply = [](Draft& d, const std::string& v) -> std::string {
       const int count = number_of(v);
       if (count < 1) return "Error: --repeat argument must be >0.\n\n";
       d.command.repeat = static_cast<std::uint64_t>(count);
       return kNothingWrong;
     }},
    {.name = "--repeat-delay",
     .tools = kOfPub,
     .missing = "no time specified",
     .value = "SECONDS",
     .meaning = "With so long between two",
     .apply = [](Draft& d, const std::string& v) -> std::string {
       const double seconds = fraction_of(v);
       if (!(seconds >= 0)) return "Error: --repeat-delay argument must be >=0.0.\n\n";
       d.command.repeat_delay = Milliseconds(static_cast<long>(std::min(seconds, 1e9) * 1000));
       return kNothingWrong;
     }},
    {.name = "--retain-as-published",
     .tools = kOfSub | kOfRr,
     .meaning = "MQTT 5: %r is what the publisher said",
     .apply = [](Draft& d, const std::string&) -> std::string {
       d.command.subscription_options |= 0x08;
       return kNothingWrong;
     }},
    {.name = "--retained-only",
     .tools = kOfSub,
     .meaning = "Print what the broker had kept, and end at the first that is new",
     .apply = [](Draft& d, const std::string&) -> std::string {
       d.command.options.retained_only = true;
       return kNothingWrong;
     }},
    {.name = "--tls-alpn",
     .missing = "no protocol specified",
     .value = "PROTOCOL",
     .meaning = "Offer this in the TLS handshake",
     .apply = [](Draft& d, const std::string& v) -> std::string {
       d.command.options.tls.alpn = v;
       return kNothingWrong;
     }},
    {.name = "--tls-engine",
     .missing = "no engine_id specified",
     .value = "ENGINE",
     .meaning = "Not possible here",
     .apply =
         [](Draft& d, const std::string&) {
           return cannot(d, "--tls-engine", "keys are files in PEM");
         }},
    {.name = "--tls-engine-kpass-sha1",
     .missing = "no kpass sha1 specified",
     .value = "SHA1",
     .meaning = "Not possible here",
     .apply =
         [](Draft& d, const std::string&) {
           return cannot(d, "--tls-engine-kpass-sha1", "keys are files in PEM");
         }},
    {.name = "--tls-use-os-certs",
     .meaning = "TLS, with the system's authorities",
     .apply = [](Draft& d, const std::string&) -> std::string {
       d.tls = true;
       return kNothingWrong;
     }},
    {.name = "--tls-version",
     .missing = "no version specified",
     .value = "VERSION",
     .meaning = "tlsv1.3, tlsv1.2 or tlsv1.1: at least this",
     .apply = [](Draft& d, const std::string& v) -> std::string {
       TlsVersion& least = d.command.options.tls.least;
       if (v == "tlsv1.3")
         least = TlsVersion::v1_3;
       else if (v == "tlsv1.2" || v == "tlsv1.1")
         least = TlsVersion::v1_2;
       else if (d.unsupported.empty())
         d.unsupported = "Error: Problem setting TLS options, check the options are valid.\n";
       return kNothingWrong;
     }},
    {.name = "--unix",
     .missing = "no socket path specified",
     .value = "PATH",
     .meaning = "Connect to this Unix socket (--unix-socket)",
     .apply = [](Draft& d, const std::string& v) -> std::string {
       d.host = v;
       d.port = 0;
       return kNothingWrong;
     }},
    {.name = "--will-payload",
     .missing = "no will payload specified",
     .value = "DATA",
     .meaning = "What the will says (--will-payload)",
     .apply = [](Draft& d, const std::string& v) -> std::string {
       d.will_payload = true;
       d.command.options.will_payload = v;
       return kNothingWrong;
     }},
    {.name = "--will-qos",
     .missing = "no will QoS specified",
     .value = "QOS",
     .meaning = "Its QoS (--will-qos)",
     .apply = [](Draft& d, const std::string& v) -> std::string {
       const int qos = number_of(v);
       if (qos < 0 || qos > 2) return "Error: Invalid will QoS " + std::to_string(qos) + ".\n\n";
       d.command.options.will_qos = static_cast<std::uint8_t>(qos);
       return kNothingWrong;
     }},
    {.name = "--will-retain",
     .meaning = "Let the broker keep it (--will-retain)",
     .apply = [](Draft& d, const std::string&) -> std::string {
       d.command.options.will_retain = true;
       return kNothingWrong;
     }},
    {.name = "--will-topic",
     .missing = "no will topic specified",
     .value = "TOPIC",
     .meaning = "Where the broker reports an end without a good-bye (--will-topic)",
     .apply = [](Draft& d, const std::string& v) -> std::string {
       if (std::string wrong = fault_of_text(v, "--will-topic"); !wrong.empty()) return wrong;
       d.command.options.will_topic = v;
       return fault_of_name(v, "will");
     }},
};

}  // namespace

std::span<const MosquittoRow> mosquitto_rows() {
  return kRows;
}

std::string mosquitto_usage(MosquittoTool tool) {
  const std::string name = mosquitto_name(tool);
  std::string out = name + ", by rtmqtt --mosquitto, with the options of version 2.0.11:\n\n";
  for (const MosquittoRow& row : kRows) {
    if ((row.tools & 1u << static_cast<unsigned>(tool)) == 0) continue;
    std::string left = "  " + std::string(row.name);
    if (!row.longer.empty()) left += ", " + std::string(row.longer);
    if (!row.value.empty()) left += " " + std::string(row.value);
    out += left + std::string(left.size() < 34 ? 34 - left.size() : 1, ' ') +
           std::string(row.meaning) + "\n";
  }
  return out + "\nThe same by rtmqtt's own options: rtmqtt --help\n";
}

}  // namespace rt::cli
