#include <algorithm>

#include "cli/mosquitto/rows.hpp"
#include "cli/mosquitto/values.hpp"

namespace rt::cli {
namespace {

using namespace mosquitto;

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
};

}  // namespace

std::span<const MosquittoRow> mosquitto_letter_rows() {
  return kRows;
}

}  // namespace rt::cli
