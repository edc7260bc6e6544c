#include "cli/options/rows.hpp"
#include "model/endpoint.hpp"
#include "model/relay_endpoint.hpp"
#include "model/scheme.hpp"
#include "model/topic.hpp"

namespace rt::cli {
namespace {

constexpr Scope kRouteOnly = {kRelay, kRoute};
constexpr Scope kRunOnly = {kRelay, kRun};
constexpr Scope kHubOnly = {kRelay, kServe};

// What the parts of a substitution say is for those who carry it out.
Problem read_map(std::string_view text, std::string& value) {
  constexpr const char* kWrong = "not a substitution such as 's#^lab/#/#'";
  if (text.size() < 4 || text[0] != 's' || text[1] == '\\' || text[1] == '\n') return kWrong;
  std::size_t marks = 0;
  for (std::size_t i = 1; i < text.size(); ++i) {
    if (text[i] == '\\')
      ++i;
    else if (text[i] == text[1])
      ++marks;
  }
  if (marks < 3) return kWrong;
  value = text;
  return {};
}

Problem read_filter(std::string_view text, std::string& value) {
  if (const std::string_view fault = fault_of_filter(text); !fault.empty()) return Problem(fault);
  value = text;
  return {};
}

Problem read_from(std::string_view text, std::string& value) {
  const auto endpoint = parse_relay_endpoint(text);
  if (!endpoint) return endpoint.error().text();
  if (const auto source = check_source(*endpoint); !source) return source.error().text();
  value = text;
  return {};
}

Problem read_dead_letter(std::string_view text, std::string& value) {
  const auto endpoint = parse_relay_endpoint(text);
  if (!endpoint) return endpoint.error().text();
  value = text;
  return {};
}

Problem read_mqtt_listen(std::string_view text, std::string& value) {
  const auto address = parse_listen_address(text);
  if (!address) return address.error().text();
  if (address->tls) return "a broker over TLS is not possible yet: listen in clear text";
  if (!address->inherited.empty()) return "a broker opens its own port: write [HOST:]PORT";
  if (!address->channel.empty()) return "the broker has all topics: leave out the channel";
  value = text;
  return {};
}

Problem read_bus(std::string_view text, std::string& value) {
  const auto written = scheme_of(text);
  const auto scheme = written ? read_scheme(*written) : Result<Scheme>(Scheme{});
  if (scheme && scheme->web) return "not an MQTT broker: write mqtt://HOST[:PORT]";
  const auto endpoint = parse_endpoint(text, Transport::mqtt);
  if (!endpoint) return endpoint.error().text();
  if (!endpoint->topic().empty()) return "all topics are on the bus: leave out the topic";
  value = text;
  return {};
}

Problem read_own_listen(std::string_view text, std::string& value) {
  const auto address = parse_listen_address(text);
  if (!address) return address.error().text();
  if (address->tls) return "serving over TLS is not possible yet: listen in clear text";
  if (!address->inherited.empty()) return "must be [HOST:]PORT";
  if (!address->channel.empty()) return "there are no channels here: write [HOST:]PORT";
  value = text;
  return {};
}

constexpr OptionRow kRows[] = {
    {.name = "from",
     .group = Group::relay,
     .scope = kRouteOnly,
     .common = kRouteOnly,
     .arity = Arity::list,
     .value = "ENDPOINT",
     .completes = Completes::endpoint,
     .summary = "Another source (repeatable)",
     .text = "With it every argument is a TO.",
     .secret = Secret::yes,
     .from_environment = false,
     .binding = list<&O::from, read_from>()},
    {.name = "both",
     .group = Group::relay,
     .scope = kRouteOnly,
     .common = kRouteOnly,
     .summary = "Relay both ways",
     .text = "What came from a side is not sent back to it.",
     .binding = flag<&O::both>()},
    {.name = "map",
     .group = Group::relay,
     .scope = kRouteOnly,
     .common = kRouteOnly,
     .arity = Arity::list,
     .value = "SUBSTITUTION",
     .summary = "Rename topics, as in sed's s (repeatable)",
     .text = "'s#^lab/#/#' takes lab/ off the front of each topic.",
     .from_environment = false,
     .binding = list<&O::maps, read_map>()},
    {.name = "filter",
     .group = Group::relay,
     .scope = kRouteOnly,
     .common = kRouteOnly,
     .arity = Arity::list,
     .value = "FILTER",
     .summary = "Let these topics through (repeatable)",
     .text = "A topic filter: + stands for one level, # at the end for all that follow. Without "
             "any filter everything passes.",
     .from_environment = false,
     .binding = list<&O::filters, read_filter>()},
    {.name = "dead-letter",
     .group = Group::relay,
     .scope = kRouteOnly,
     .arity = Arity::value,
     .value = "ENDPOINT",
     .completes = Completes::endpoint,
     .summary = "Where what a sink refuses for good goes",
     .text =
         "An envelope each, with refused_by and reason in it, one a line in a file, in place of "
         "being skipped. It is an end: options behind it are for it.",
     .secret = Secret::yes,
     .from_environment = false,
     .binding = string<&O::dead_letter, read_dead_letter>()},
    {.name = "buffer",
     .group = Group::relay,
     .scope = kRouteOnly,
     .ends = as_source(kSseEnd | kMqttEnds),
     .arity = Arity::value,
     .value = "SIZE",
     .summary = "What to keep while a sink is slow",
     .text = "Of sources that cannot be made to wait. What does not fit is lost, and told.",
     .binding = size<&O::buffer>()},
    {.name = "status",
     .group = Group::relay,
     .scope = {kRelay, kRoute | kRun},
     .summary = "Show a status line, on no terminal too",
     .conflicts = "no-status no-progress",
     .binding = flag<&O::status>()},
    {.name = "no-status",
     .group = Group::relay,
     .scope = {kRelay, kRoute | kRun},
     .summary = "Show no status line",
     .conflicts = "status progress",
     .binding = flag<&O::no_status>()},
    {.name = "check",
     .group = Group::relay,
     .scope = kRunOnly,
     .common = kRunOnly,
     .summary = "Judge the file, say what is wrong, and end",
     .text = "Each fault is named with its file and line; the exit code is then 2. Nothing is "
             "connected to.",
     .from_environment = false,
     .from_file = false,
     .binding = flag<&O::check>()},
    {.name = "listen",
     .group = Group::relay,
     .scope = kRunOnly,
     .common = kRunOnly,
     .arity = Arity::value,
     .value = "ADDRESS",
     .summary = "Tell how the routes are at [HOST:]PORT",
     .text = "/-/health answers 503 while a route is down, /-/live always 200, and /-/metrics has "
             "the figures of each route for Prometheus.",
     .binding = string<&O::listen, read_own_listen>()},
    {.name = "mqtt",
     .group = Group::server,
     .scope = kHubOnly,
     .common = kHubOnly,
     .arity = Arity::value,
     .value = "ADDRESS",
     .summary = "Start an MQTT broker at [HOST:]PORT",
     .text = "Its topics and the hub's channels are the same. Needs Mosquitto.",
     .conflicts = "bus",
     .binding = string<&O::mqtt_listen, read_mqtt_listen>()},
    {.name = "store",
     .group = Group::server,
     .scope = {kMqtt | kRelay, kServe},
     .arity = Arity::value,
     .value = "DIR",
     .summary = "Let the broker keep its state in DIR",
     .text = "Retained messages, sessions, and what waits for them outlive a restart. DIR is made "
             "where there is none; one broker at a time has it. It is written at an end in order "
             "and every five seconds: what came since is gone when the machine dies. With rtrelay "
             "it needs --mqtt.",
     .binding = string<&O::store, read_word>()},
    {.name = "bus",
     .group = Group::server,
     .scope = kHubOnly,
     .common = kHubOnly,
     .arity = Arity::value,
     .value = "URL",
     .completes = Completes::url,
     .summary = "Share the topics of this MQTT broker",
     .text = "Its topics and the hub's channels are the same.",
     .conflicts = "mqtt",
     .secret = Secret::yes,
     .binding = string<&O::bus, read_bus>()},
};

}  // namespace

std::span<const OptionRow> relay_rows() {
  return kRows;
}

}  // namespace rt::cli
