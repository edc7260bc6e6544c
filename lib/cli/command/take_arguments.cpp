#include "cli/command/take_arguments.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/text.hpp"
#include "cli/command/habits.hpp"
#include "cli/dry_run/shell_words.hpp"
#include "cli/options/table.hpp"
#include "model/command_words.hpp"
#include "model/compared_way.hpp"
#include "model/endpoint.hpp"
#include "model/relay_endpoint.hpp"
#include "model/topic.hpp"

namespace rt::cli {
namespace {

Error usage(std::string text) {
  return Error(Fault::usage, std::move(text));
}

std::string form_of(Program program, Verb verb) {
  return command_of(program, verb) + " " + std::string(arguments_of(program, verb));
}

// libmosquitto takes no shorter one.
constexpr Milliseconds kLeastKeepalive = 5s;

Result<void> check_mqtt_options(const Options& options) {
  if (options.protocol == MqttProtocol::v311 && options.session_expiry)
    return usage("--session-expiry needs MQTT 5: leave out --protocol 3.1.1");
  if (options.protocol == MqttProtocol::v311 && !options.properties.empty())
    return usage("--property needs MQTT 5: leave out --protocol 3.1.1");
  const bool newer =
      !options.response_topic.empty() || !options.correlation.empty() || options.expiry;
  if (options.protocol == MqttProtocol::v311 && newer)
    return usage(
        "--response-topic, --correlation and --message-expiry need MQTT 5: leave out --protocol "
        "3.1.1");
  if (options.protocol == MqttProtocol::v311 && options.verb == Verb::rpc)
    return usage("rpc needs MQTT 5: leave out --protocol 3.1.1");
  return {};
}

// What the command line itself said; a variable may be meant for another program.
bool said_here(const Options& options, std::string_view name) {
  return std::none_of(options.origins.begin(), options.origins.end(),
                      [&](const auto& origin) { return origin.first == name; });
}

Result<void> check_dialect(Program program, const Options& options) {
  const bool mqtt = program == Program::rtmqtt;
  const bool speaks = options.dialect.kind != DialectKind::none;
  if (mqtt && speaks && said_here(options, "protocol"))
    return usage("--protocol must be 3.1.1 or 5 here");
  if (mqtt) return {};
  if (program != Program::rtrelay && options.protocol != MqttProtocol::automatic &&
      said_here(options, "protocol"))
    return usage("--protocol 3.1.1 and 5 are of MQTT: rtmqtt");
  if (options.verb == Verb::pub && !options.events.empty() && !speaks)
    return usage("--event needs --protocol here");
  if (options.verb == Verb::pub && options.events.size() > 1)
    return usage("--event can be given once here: it names what is sent");
  if (!speaks) return {};
  if (program == Program::rtpoll && options.dialect.kind != DialectKind::socket_io)
    return usage("only Socket.IO can do without a WebSocket: rtws --protocol");
  if (program == Program::rtpoll &&
      (options.long_poll || options.items || !options.cursor.empty() || !options.method.empty() ||
       options.follow_next > 0))
    return usage("--protocol says itself how it polls: leave out what shapes requests");
  const bool can_ack =
      options.dialect.kind == DialectKind::socket_io || options.dialect.kind == DialectKind::stomp;
  if (options.ack && !can_ack) return usage("--ack is for --protocol socket.io and stomp");
  if (options.hub) return usage("--protocol and --hub exclude each other");
  if (!options.ping_message.empty())
    return usage("--protocol has its own signs of life: leave out --ping-message");
  const bool asks =
      std::any_of(options.opening.begin(), options.opening.end(),
                  [](const OpeningStep& step) { return step.kind != OpeningStep::Kind::await; });
  if (options.dialect.kind == DialectKind::graphql_ws && options.verb == Verb::sub && !asks)
    return usage("--protocol graphql-ws needs something to ask for: --send QUERY");
  return {};
}

// The URL of a broker with a topic behind it.
std::string url_with_topic(std::string url, const std::string& topic) {
  if (url.find('@') != std::string::npos) return "mqtt://HOST/TOPIC";
  if (url.ends_with('/')) url.pop_back();
  return printable(url) + (topic.starts_with('/') ? "" : "/") + printable(topic);
}

// "localhost lab/a", as the URL and the topic of Mosquitto's clients.
Result<void> check_bare_topic(const Endpoint& first, const std::string& text,
                              const Options& options) {
  const std::string_view host = std::string_view(text).substr(0, text.find('/'));
  const bool address = is_plainly_address(text) || iequals(host, first.host) ||
                       host.find_first_of(".:@[") != std::string_view::npos;
  if (address || !first.topic().empty()) return {};
  return usage("the topic stands in the URL: " + url_with_topic(options.url, text) +
               ", or --topic " + shown_argument(text));
}

// The topics to read of all URLs; several URLs have to be of one broker, because there is one
// connection.
Result<void> check_mqtt_sub(const Endpoint& first, const Options& options) {
  bool topic = !first.topic().empty() || !options.topics.empty();
  for (const std::string& url : options.more_urls) {
    if (auto bare = check_bare_topic(first, url, options); !bare) return bare;
    const auto more = parse_endpoint(url, Transport::mqtt);
    if (!more) return more.error();
    if (more->host != first.host || more->port != first.port || more->tls != first.tls ||
        more->websocket != first.websocket || more->user != first.user)
      return usage("the URLs are of several brokers: --topic adds topics, rtrelay --from brokers");
    if (more->topic().empty()) return usage("no topic in " + more->display());
    topic = true;
  }
  if (!topic) return usage("no topic: write mqtt://HOST/TOPIC, or give --topic");
  return {};
}

Result<void> check_mqtt(const Options& options) {
  if (options.verb == Verb::serve) return {};
  const auto endpoint = parse_endpoint(options.url, Transport::mqtt);
  if (!endpoint) return endpoint.error();
  if (options.mqtt_keepalive > 0ms && options.mqtt_keepalive < kLeastKeepalive)
    return usage("--keepalive " + show_duration(options.mqtt_keepalive) +
                 ": must be 0 or at least 5s over MQTT");
  if (auto checked = check_mqtt_options(options); !checked) return checked;
  if (options.verb == Verb::sub) return check_mqtt_sub(*endpoint, options);

  const std::string topic = endpoint->topic();
  if (has_wildcards(topic))
    return usage("\"" + printable(topic) + "\" has wildcards: name one topic to publish to" +
                 (options.verb == Verb::pipe ? ", and give --topic FILTER to read more" : ""));
  // An envelope says where it goes.
  const bool own_topics = options.framing == FramingKind::json || !options.replay.empty() ||
                          !options.topic_from.empty();
  if (topic.empty() && !own_topics)
    return usage("no topic to publish to: write mqtt://HOST/TOPIC, or use --json");
  if (topic.empty() && options.verb == Verb::pipe && options.topics.empty())
    return usage("no topic to read: write mqtt://HOST/TOPIC, or give --topic");
  return {};
}

// "localhost lab/a hello", and "localhost lab/a -d hello": the host, the topic and the message.
Result<void> check_topic_apart(const Options& options, const std::vector<std::string>& arguments) {
  const bool message = arguments.size() > 1 || !options.data.empty();
  const bool own_topics = options.framing == FramingKind::json || !options.topic_from.empty();
  if (arguments.empty() || own_topics) return {};
  const bool sends = options.verb == Verb::pub || options.verb == Verb::rpc;
  if (sends ? !message : arguments.size() > 1) return {};
  const auto endpoint = parse_endpoint(options.url, Transport::mqtt);
  if (!endpoint || !endpoint->topic().empty()) return {};
  const std::string& topic = arguments.front();
  const bool plain = fault_of_filter(topic).empty() && !has_wildcards(topic) &&
                     topic.find('%') == std::string::npos && printable(topic) == topic;
  const std::string url = plain ? url_with_topic(options.url, topic) : "mqtt://HOST/TOPIC";
  return usage("the topic stands in the URL: " + command_of(Program::rtmqtt, options.verb) + " " +
               shell_word(url) + (sends ? " -d MSG" : ""));
}

using Ends = std::vector<RelayEndpoint>;

const Options& of_end(const Options& options, std::size_t index) {
  return index < options.ends.size() ? options.ends[index] : options;
}

std::ptrdiff_t count_of(const Ends& ends, RelayEndpoint::Kind kind) {
  return std::count_if(ends.begin(), ends.end(),
                       [&](const RelayEndpoint& end) { return end.kind == kind; });
}

// `place` tells in an error which of the arguments it is.
Result<void> read_end(std::string_view text, const std::string& place, bool as_source, Ends& out) {
  auto endpoint = parse_relay_endpoint(text);
  if (!endpoint) return endpoint.error().within(place);
  if (as_source) {
    if (const auto readable = check_source(*endpoint); !readable)
      return readable.error().within(place);
  }
  out.push_back(*std::move(endpoint));
  return {};
}

Result<void> check_ends(const Ends& sources, const Ends& sinks, const Options& options) {
  using Kind = RelayEndpoint::Kind;
  const auto inputs = count_of(sources, Kind::stdio);
  const bool dead = options.dead_letter == "-";
  const auto outputs = count_of(sinks, Kind::stdio) + (dead ? 1 : 0);
  if (inputs > 1 || outputs > 1 || (options.both && inputs + outputs > 1))
    return usage("- can be a source once and a sink once, and with --both only one of them");
  if (!options.output.empty() && outputs == 0 && !options.both)
    return usage("--output takes the place of stdout: give - as TO");
  return check_mqtt_options(options);
}

// A broker lets each identifier in once; another broker knows nothing of it.
Result<void> check_client_ids(const Ends& ends, const Options& options) {
  for (std::size_t i = 0; i < ends.size(); ++i) {
    const std::string& id = of_end(options, i).client_id;
    if (ends[i].kind != RelayEndpoint::Kind::mqtt || id.empty()) continue;
    for (std::size_t j = 0; j < i; ++j) {
      const Endpoint& one = ends[i].remote;
      const Endpoint& other = ends[j].remote;
      if (ends[j].kind != RelayEndpoint::Kind::mqtt || of_end(options, j).client_id != id ||
          one.host != other.host || one.port != other.port)
        continue;
      return usage("--client-id " + printable(id) + " is for one client of a broker, and " +
                   ends[j].display() + " and " + ends[i].display() +
                   " are two: write another --client-id behind one of them");
    }
  }
  return {};
}

Result<void> check_relay(const Options& options) {
  Ends sources;
  Ends sinks;
  for (const std::string& text : options.from) {
    if (auto read = read_end(text, "--from", true, sources); !read) return read;
  }
  bool next_is_source = options.from.empty();
  for (const std::string& text : options.endpoints) {
    Result<void> read = next_is_source ? read_end(text, "FROM", true, sources)
                                       : read_end(text, "TO", options.both, sinks);
    if (!read) return read;
    next_is_source = false;
  }
  if (auto checked = check_ends(sources, sinks, options); !checked) return checked;
  sources.insert(sources.end(), sinks.begin(), sinks.end());
  if (!options.dead_letter.empty()) {
    if (auto read = read_end(options.dead_letter, "--dead-letter", false, sources); !read)
      return read;
  }
  return check_client_ids(sources, options);
}

// "8080", ":8080" or "*:8080": a server's more than an endpoint.
bool is_port(std::string_view text) {
  if (text.starts_with("*:")) text.remove_prefix(1);
  if (text.starts_with(':')) text.remove_prefix(1);
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

Result<void> take_relay(std::vector<std::string> arguments, Options& options) {
  const std::size_t needed = options.from.empty() ? 2 : 1;
  if (arguments.size() < needed) {
    const bool source = options.from.empty() && arguments.empty();
    const bool port = options.from.empty() && !source && is_port(arguments.front());
    return usage(std::string("a relay needs a ") + (source ? "source and a sink" : "sink") + ": " +
                 (options.from.empty() ? "rtrelay FROM TO..." : "rtrelay --from FROM TO...") +
                 (port ? ", or to listen rtrelay serve " + arguments.front() : ""));
  }
  options.endpoints = std::move(arguments);
  // It may be meant for a WebSocket alone.
  const auto raise = [](Milliseconds& keepalive) {
    if (keepalive > 0ms) keepalive = std::max(keepalive, kLeastKeepalive);
  };
  raise(options.mqtt_keepalive);
  for (Options& end : options.ends) {
    raise(end.mqtt_keepalive);
    if (auto checked = check_mqtt_options(end); !checked) return checked;
  }
  return check_relay(options);
}

Result<void> take_routes_file(std::vector<std::string> arguments, Options& options) {
  if (arguments.size() == 1 && !arguments.front().empty()) {
    options.routes_file = std::move(arguments.front());
    return {};
  }
  return usage(arguments.size() > 1 ? "run takes one file: rtrelay run ROUTES.toml"
                                    : "run needs a file of routes: rtrelay run ROUTES.toml");
}

Result<void> take_compare(std::vector<std::string> arguments, Options& options) {
  for (const std::string& way : arguments) {
    if (!compared_way(way))
      return usage("no way to compare is called " + shown_argument(way) +
                   ": poll, poll-cursor, long-poll, sse, ws, ws-hub, mqtt0, mqtt1, mqtt2");
  }
  if (!options.at.empty() && !arguments.empty())
    return usage("--at compares feeds that exist: leave out " + shown_argument(arguments.front()));
  if (options.at.size() > 20) return usage("--at: at most 20 feeds");
  if (options.readers > 10'000) return usage("--readers: at most 10000");
  if (options.publishers > 100) return usage("--publishers: at most 100");
  if (options.rounds > 100) return usage("--rounds: at most 100");
  if (options.compare_cut && options.compare_cut->first >= options.compare_time)
    return usage("--cut comes after " + show_duration(options.compare_cut->first) +
                 ", when --for has ended: " + show_duration(options.compare_time));
  options.ways = std::move(arguments);
  return {};
}

Result<void> check_web_url(Program program, const Options& options) {
  const auto endpoint = parse_endpoint(options.url, transport_of(program));
  if (!endpoint) return endpoint.error();
  return {};
}

// Without CHANNEL the hub alone reads no stdin and writes nothing to stdout.
Result<void> check_hub(const Options& options) {
  const auto address = parse_listen_address(options.listen);
  if (!address) return address.error();
  if (!address->channel.empty()) return {};
  if (options.exit_on_eof)
    return usage("--exit-on-eof needs a CHANNEL: without one stdin is not read (PORT/CHANNEL)");
  if (options.no_relay)
    return usage("--no-relay needs a CHANNEL: without one nothing goes to stdout (PORT/CHANNEL)");
  if (!options.output.empty() && options.output != "-")
    return usage("--output needs a CHANNEL: without one nothing is written (PORT/CHANNEL)");
  return {};
}

// A name alone can be that of a host, but is a message where an address follows.
bool could_be_address(const std::string& text) {
  return text == "localhost" || text.find_first_of(".:/@") != std::string::npos;
}

// A script is sh's to judge.
Result<void> check_exec(const Options& options) {
  if (options.exec.empty() || options.shell) return {};
  const auto words = split_command(options.exec);
  if (!words) return usage("--exec CMD: " + words.error().text());
  return {};
}

// What plays a recording, or runs commands, is no hub whose messages could be recorded.
Result<void> check_recording(Program program, const Options& options) {
  if (options.verb != Verb::serve || options.record.empty()) return {};
  if (!options.exec.empty()) return usage("--record and --exec do not go together in serve");
  if (!options.replay.empty() && program != Program::rtpoll)
    return usage("--record and --replay do not go together in serve: record with the client");
  return {};
}

}  // namespace

std::string shown_argument(const std::string& argument) {
  return argument.find('@') == std::string::npos ? printable(argument) : "the URL";
}

Result<void> take_arguments(Program program, std::vector<std::string> arguments, Options& options) {
  const Verb verb = options.verb;
  if (auto checked = check_exec(options); !checked) return checked;
  if (auto checked = check_recording(program, options); !checked) return checked;
  if (auto checked = check_dialect(program, options); !checked) return checked;
  if (verb == Verb::relay) return take_relay(std::move(arguments), options);
  if (verb == Verb::run) return take_routes_file(std::move(arguments), options);
  if (verb == Verb::compare) return take_compare(std::move(arguments), options);
  const std::string form = form_of(program, verb);
  const bool server = verb == Verb::serve;
  if (arguments.empty() || arguments.front().empty()) {
    return usage(std::string(name_of(verb)) + " needs " + (server ? "a port" : "a URL") + ": " +
                 form);
  }
  (server ? options.listen : options.url) = std::move(arguments.front());
  arguments.erase(arguments.begin());
  if (program == Program::rtmqtt && verb == Verb::sub) {
    options.more_urls = std::move(arguments);
    return check_mqtt(options);
  }
  if (program == Program::rtmqtt && !server) {
    if (auto apart = check_topic_apart(options, arguments); !apart) return apart;
  }
  if (verb != Verb::pub && verb != Verb::rpc && !arguments.empty())
    return usage("unexpected argument " + shown_argument(arguments.front()) + ": " + form);
  if (!options.data.empty() && !arguments.empty())
    return usage("--data and MESSAGE arguments exclude each other: give one");
  if (!options.replay.empty() && !arguments.empty())
    return usage("--replay and MESSAGE arguments exclude each other: give one");
  if (verb == Verb::pub && !arguments.empty() && is_plainly_address(arguments.front()) &&
      !could_be_address(options.url))
    return usage("the URL goes first: " + form);
  options.messages = std::move(arguments);
  if (program == Program::rtmqtt) return check_mqtt(options);
  if (program == Program::rtrelay) return check_hub(options);
  return server ? Result<void>() : check_web_url(program, options);
}

}  // namespace rt::cli
