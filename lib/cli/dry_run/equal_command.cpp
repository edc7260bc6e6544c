#include "cli/dry_run/equal_command.hpp"

#include <algorithm>
#include <utility>

#include "base/text.hpp"
#include "cli/dry_run/connection_sentences.hpp"
#include "cli/dry_run/end_sentences.hpp"
#include "cli/dry_run/parts.hpp"
#include "cli/options/values.hpp"
#include "cli/options/wording.hpp"
#include "model/relay_endpoint.hpp"

namespace rt::cli {
namespace {

std::string quoted(const std::string& text) {
  return "\"" + printable(text, 256) + "\"";
}

// Writes the sentences.
class DryRun {
 public:
  DryRun(Program program, const Options& options, const DryRunFacts& facts)
      : program_(program), options_(options), facts_(facts), at_(text_, options.verb, facts) {}

  std::string text() {
    switch (options_.verb) {
      case Verb::serve:
        server();
        break;
      case Verb::relay:
        relay();
        break;
      default:
        client();
    }
    return std::move(text_);
  }

 private:
  void say(const std::string& sentence) { text_ += sentence + "\n"; }

  void client();
  void server();
  void relay();
  void relay_end(const std::string& role, const std::string& written, const Options& own,
                 EndWays ways);

  void mqtt(const Endpoint& endpoint);
  void sending();
  void playing();
  void recording();
  void selecting();
  void receiving();
  void ending();
  void resuming();
  void reconnecting(const Options& own);
  void equal(const Endpoint& endpoint);
  std::string framing() const { return framing_of(options_); }
  static std::string framing_of(const Options& own);

  Program program_;
  const Options& options_;
  const DryRunFacts& facts_;
  std::string text_;
  ConnectionSentences at_;
};

void DryRun::mqtt(const Endpoint& endpoint) {
  const std::string qos = ", QoS " + std::to_string(options_.qos.value_or(0)) + ".";
  if (options_.verb == Verb::rpc)
    say("Subscribe to " +
        (options_.response_topic.empty() ? "a topic of this run's own"
                                         : quoted(options_.response_topic)) +
        ", where the answers go, and wait " + show_duration(options_.timeout.value_or(30s)) +
        " for each.");
  else if (options_.verb != Verb::pub) {
    std::vector<std::string> topics;
    if (!endpoint.topic().empty()) topics.push_back(quoted(endpoint.topic()));
    for (const std::string& url : options_.more_urls) {
      if (const auto more = parse_endpoint(url, Transport::mqtt))
        topics.push_back(quoted(more->topic()));
    }
    for (const std::string& topic : options_.topics) topics.push_back(quoted(topic));
    say("Subscribe to " + listed({topics.begin(), topics.end()}, "and") + qos);
    if (!options_.excludes.empty()) {
      std::vector<std::string> excluded;
      for (const std::string& filter : options_.excludes) excluded.push_back(quoted(filter));
      say("Leave out what matches " + listed({excluded.begin(), excluded.end()}) + ".");
    }
    if (options_.retained_only) say("Take only what the broker has retained.");
    if (options_.remove_retained) say("Remove there what the broker has retained, once printed.");
    if (options_.no_retained) say("Leave out what the broker has retained.");
  }
  if (!options_.topic_from.empty())
    say("Take each message's topic out of it: " + quoted(options_.topic_from) + ".");
  if (options_.verb != Verb::rpc && !options_.response_topic.empty())
    say("Ask for answers at " + quoted(options_.response_topic) + ".");
  if (options_.expiry)
    say("Let the broker drop what waits for longer than " + show_duration(*options_.expiry) + ".");
  if (options_.verb != Verb::sub && !endpoint.topic().empty())
    say((options_.topic_from.empty() ? "Publish to " : "Publish below ") +
        quoted(endpoint.topic()) + (options_.retain ? ", retained" : "") + qos);
  if (options_.skip_refused) say("Go on without messages that are refused.");
  if (!options_.client_id.empty())
    say("Connect as " + quoted(options_.client_id) +
        (options_.clean ? " with a new session." : ", and go on with its session."));
  if (options_.session_expiry)
    say("Let the broker keep the session for " + show_duration(*options_.session_expiry) +
        " after the connection.");
  if (!options_.will_topic.empty()) say("Leave a will for " + quoted(options_.will_topic) + ".");
}

std::string DryRun::framing_of(const Options& own) {
  switch (own.framing) {
    case FramingKind::lines:
      return "one a line";
    case FramingKind::null_byte:
      return "each with a NUL behind it";
    case FramingKind::delimiter:
      return "each with " + quoted(own.delimiter) + " behind it";
    case FramingKind::length_prefix:
      return "each with its length before it";
    case FramingKind::json:
      return "as JSON envelopes, one a line";
    case FramingKind::base64:
    case FramingKind::hex:
      return "as encoded lines";
    case FramingKind::json_values:
      return "each a JSON value";
    case FramingKind::raw:
      break;
  }
  return own.whole ? "as one message" : "with nothing between them";
}

void DryRun::sending() {
  if (!options_.replay.empty()) return playing();
  std::size_t given = options_.messages.size();
  bool all_of_stdin = false;
  std::vector<std::string> files;
  for (const DataArgument& data : options_.data) {
    if (!data.from_file)
      ++given;
    else if (data.text == "-")
      all_of_stdin = true;
    else
      files.push_back(file_named(data.text));
  }
  if (given != 0)
    say("Send " + std::to_string(given) + (given == 1 ? " message" : " messages") +
        " of the command line.");
  if (!files.empty()) {
    say("Send " + listed({files.begin(), files.end()}, "and") +
        (files.size() == 1 ? ", as one message." : ", each as one message."));
  }
  if (all_of_stdin) say("Send all of stdin as one message.");
  if (given == 0 && options_.data.empty()) say("Send the messages of stdin, " + framing() + ".");
  if (!options_.content_type.empty())
    say("Their type is " + printable(options_.content_type) + ".");
}

void DryRun::playing() {
  std::string how = options_.speed <= 0   ? ", all at once"
                    : options_.speed == 1 ? ", in its time"
                                          : ", at another speed";
  say("Play the recording " +
      (options_.replay == "-" ? std::string("of stdin") : file_named(options_.replay)) + how + ".");
}

void DryRun::recording() {
  if (!options_.record.empty()) say("Record what passes in " + file_named(options_.record) + ".");
}

void DryRun::receiving() {
  const bool polls = options_.verb != Verb::serve && options_.dialect.kind == DialectKind::none;
  if (program_ == Program::rtpoll && polls)
    say(options_.long_poll
            ? "Poll, and let the server wait up to " + show_duration(*options_.long_poll) + "."
        : options_.adaptive
            ? "Poll every " + show_duration(options_.adaptive->first) + " to " +
                  show_duration(options_.adaptive->second) + ", less often while nothing changes."
            : "Poll every " + show_duration(options_.interval) + ".");
  resuming();
  selecting();
  if (!options_.exec.empty()) {
    say("Run " + quoted(options_.exec) + (options_.shell ? " in a shell" : "") +
        " for each message, " + std::to_string(options_.exec_jobs) + " at a time.");
    if (options_.reply) say("Publish what it writes to the message's response topic.");
    return;
  }
  const bool file = !options_.output.empty() && options_.output != "-";
  std::string how = framing();
  if (!options_.format.empty()) how = "as " + quoted(options_.format) + " says";
  say("Write messages to " + (file ? file_named(options_.output) : std::string("stdout")) + ", " +
      how + ".");
}

void DryRun::resuming() {
  if (options_.since)
    say(options_.since->empty() ? "Begin with all that the hub keeps."
                                : "Begin behind message " + quoted(*options_.since) + ".");
  if (options_.last) say("Begin with the last " + std::to_string(*options_.last) + " of a hub.");
  if (!options_.last_event_id.empty())
    say("Begin behind event " + quoted(options_.last_event_id) + ".");
}

void DryRun::selecting() {
  append_selection_sentences(text_, options_);
}

void DryRun::ending() {
  if (options_.count)
    say("Stop after " + std::to_string(*options_.count) +
        (*options_.count == 1 ? " message." : " messages."));
  if (!options_.until.empty())
    say("Stop behind a message that has " + quoted(options_.until) + ".");
  if (!options_.expect.empty())
    say("Wait for a message that has " + quoted(options_.expect) +
        (options_.within ? ", for " + show_duration(*options_.within) + "." : "."));
  if (options_.timeout) say("Stop after " + show_duration(*options_.timeout) + ".");
}

void DryRun::reconnecting(const Options& own) {
  const std::string most = show_duration(own.retry_max_delay);
  std::string line =
      own.retry ? "Try a failed first connection again" : "Give up when the first connection fails";
  line += own.no_reconnect ? ", and end when a connection is lost"
                           : ", and connect again when a connection is lost";
  if (own.retry || !own.no_reconnect) line += ", after at most " + most;
  say(line + ".");
}

void DryRun::equal(const Endpoint& endpoint) {
  const EqualCommand command = equal_command(program_, options_, endpoint, facts_);
  std::string title = "\nNo other command does the same.";
  if (!command.with.empty()) title = "\nMuch the same with " + command.with + ":";
  say(title);
  for (const std::string& line : command.lines) say("  " + line);
  for (const std::string& note : command.notes) say((command.lines.empty() ? "" : "# ") + note);
}

void DryRun::client() {
  const auto endpoint = parse_endpoint(options_.url, transport_of(program_));
  if (!endpoint) return;
  at_.connection(*endpoint, options_);
  at_.request(options_);
  if (program_ == Program::rtmqtt) mqtt(*endpoint);
  if (options_.verb != Verb::sub) sending();
  if (options_.verb != Verb::pub) receiving();
  recording();
  ending();
  reconnecting(options_);
  equal(*endpoint);
}

std::string shown_host(const ListenAddress& address) {
  if (address.host == "*") return "all interfaces";
  return printable(address.host, 256);
}

void DryRun::server() {
  const auto address = parse_listen_address(options_.listen);
  if (!address) return;
  std::string what = program_ == Program::rtmqtt ? "an MQTT broker" : "a hub";
  if (!options_.exec.empty()) what = "a WebSocket server";
  // rtpoll is a hub that plays it.
  const bool plays = !options_.replay.empty() && program_ != Program::rtpoll;
  if (plays) what = "a server of WebSockets and event streams";
  if (!address->inherited.empty())
    say("Be " + what + " on the socket " + printable(address->inherited) + " that was passed.");
  else
    say("Be " + what + " on " + shown_host(*address) + ", " +
        (address->port == 0 ? std::string("a free port")
                            : "port " + std::to_string(address->port)) +
        ", clear text.");
  if (!options_.base_path.empty())
    say("All of it is under " + printable(options_.base_path) + "/.");
  if (!options_.exec.empty())
    return say("Run " + quoted(options_.exec) + " for each connection, " +
               std::to_string(options_.max_children) + " at a time.");
  const bool channel = !address->channel.empty() && address->channel != "/";
  if (channel) say("The channel of stdin and stdout is " + quoted(address->channel) + ".");
  if (!options_.subprotocols.empty()) {
    const std::vector<std::string_view> names(options_.subprotocols.begin(),
                                              options_.subprotocols.end());
    say("Agree to the subprotocol " + listed(names) + ".");
  }
  if (options_.compress) say("Compress for whoever offers it (permessage-deflate).");
  if (plays) {
    playing();
    say("To each client that connects, from its beginning.");
    return receiving();
  }
  if (program_ != Program::rtmqtt)
    say("Keep " + std::to_string(options_.history) + " messages a channel, and at most " +
        show_size(options_.memory) + " in all.");
  if (!options_.mqtt_listen.empty())
    say("Start an MQTT broker at " + printable(options_.mqtt_listen) + ".");
  if (!options_.bus.empty()) {
    if (const auto bus = parse_endpoint(options_.bus, Transport::mqtt)) {
      say("Share the topics of a broker:");
      at_.connection(*bus, options_);
    }
  }
  // As a topic "/" is none.
  const bool named = program_ == Program::rtmqtt ? channel : !address->channel.empty();
  const bool always = program_ != Program::rtrelay && program_ != Program::rtmqtt;
  if (!always && !named) return say("Leave stdin and stdout alone.");
  if (!options_.replay.empty())
    playing();
  else if (!address->channel.empty() || !facts_.stdin_is_terminal)
    say("Send the messages of stdin, " + framing() + ".");
  receiving();
  recording();
}

void DryRun::relay_end(const std::string& role, const std::string& written, const Options& own,
                       EndWays ways) {
  const auto end = parse_relay_endpoint(written);
  if (!end) return;
  if (end->kind == RelayEndpoint::Kind::stdio)
    say(role +
        (role == "To" && !options_.output.empty() ? ": " + file_named(options_.output)
                                                  : ": stdin or stdout") +
        ", " + framing_of(own) + ".");
  else
    say(role + ": " + end->display());
  if (end->is_remote()) {
    at_.connection(end->remote, own);
    if (end->kind != RelayEndpoint::Kind::mqtt) at_.request(own);
    reconnecting(own);
  }
  append_end_sentences(text_, own, kind_of(*end), ways);
}

void DryRun::relay() {
  const std::size_t sources = options_.from.size();
  const auto own = [&](std::size_t i) -> const Options& {
    return i < options_.ends.size() ? options_.ends[i] : options_;
  };
  for (std::size_t i = 0; i < sources; ++i)
    relay_end("From", options_.from[i], own(i), {.source = true, .sink = options_.both});
  for (std::size_t i = 0; i < options_.endpoints.size(); ++i) {
    const bool source = sources == 0 && i == 0;
    relay_end(source ? "From" : "To", options_.endpoints[i], own(sources + i),
              {.source = source || options_.both, .sink = !source || options_.both});
  }
  if (!options_.dead_letter.empty())
    relay_end("What is refused for good goes to", options_.dead_letter,
              own(sources + options_.endpoints.size()), {.source = false, .sink = true});
  if (options_.both) say("Relay both ways.");
  for (const std::string& filter : options_.filters)
    say("Let topics through that match " + quoted(filter) + ".");
  for (const std::string& map : options_.maps) say("Rename topics with " + quoted(map) + ".");
  recording();
  ending();
  say("\nNo other command does the same.");
}

}  // namespace

EqualCommand equal_command(Program program, const Options& options, const Endpoint& endpoint,
                           const DryRunFacts& facts) {
  const auto none = [](const char* option) {
    return no_command(std::string("None has --") + option + ".");
  };
  if (!options.record.empty()) return none("record");
  if (!options.replay.empty()) return none("replay");
  if (!options.exec.empty()) return none("exec");
  if (options.crlf) return none("crlf");
  if (!options.expect.empty()) return none("expect");
  if (!options.until.empty()) return none("until");
  if (!options.select.empty()) return none("select");
  if (!options.where.empty()) return none("where");
  if (options.dialect.kind != DialectKind::none && program != Program::rtmqtt)
    return none("protocol");
  if (!options.events.empty()) return none("event");
  if (options.diff) return none("diff");
  if (options.changes) return none("changes");
  if (options.items) return none("items");
  if (!options.cursor.empty()) return none("cursor");
  if (options.follow_next > 0) return none("follow-next");
  if (!options.format.empty()) return none("format");
  if (options.escape != Escape::warn && options.escape != Escape::none) return none("escape");
  if (program == Program::rtws) return websocat_command(options, endpoint, facts);
  if (program == Program::rtmqtt) return mosquitto_command(options, endpoint, facts);
  return curl_command(program, options, endpoint, facts);
}

std::string dry_run_text(Program program, const Options& options, const DryRunFacts& facts) {
  return DryRun(program, options, facts).text();
}

}  // namespace rt::cli
