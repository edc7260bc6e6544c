#include "cli/options/rows.hpp"
#include "model/answer_rule.hpp"
#include "model/pattern.hpp"

// What a client says by itself to a server that wants more than a connection.
namespace rt::cli {
namespace {

Problem read_first_message(std::string_view text, OpeningStep::Kind kind, OpeningStep& value) {
  if (text == "@") return "@ needs a file name";
  if (text == "@-") return "stdin is read after it: name a file";
  if (text.empty()) return "must not be empty";
  value.kind = kind;
  value.from_file = text.front() == '@';
  value.text = value.from_file ? text.substr(1) : text;
  return {};
}

Problem read_first_text(std::string_view text, OpeningStep& value) {
  return read_first_message(text, OpeningStep::Kind::send, value);
}

Problem read_first_binary(std::string_view text, OpeningStep& value) {
  return read_first_message(text, OpeningStep::Kind::send_binary, value);
}

Problem read_pattern(std::string_view text, std::string& value) {
  const auto pattern = Pattern::parse(text);
  if (!pattern) return pattern.error().text();
  value = text;
  return {};
}

Problem read_awaited(std::string_view text, OpeningStep& value) {
  value.kind = OpeningStep::Kind::await;
  return read_pattern(text, value.text);
}

Problem read_answer(std::string_view text, std::string& value) {
  const auto rule = AnswerRule::parse(text);
  if (!rule) return rule.error().text();
  value = text;
  return {};
}

// A version of MQTT, or what is spoken inside a WebSocket's messages. Which of the two a program
// takes is looked at when all is known: a variable may be meant for another one.
Problem apply_protocol(Options& options, std::string_view text) {
  if (text == "5" || text == "5.0") {
    options.protocol = MqttProtocol::v5;
    return {};
  }
  if (text == "3.1.1") {
    options.protocol = MqttProtocol::v311;
    return {};
  }
  if (text.find_first_not_of("0123456789.") == std::string_view::npos) return "must be 3.1.1 or 5";
  auto dialect = DialectName::parse(text);
  if (!dialect) return dialect.error().text();
  options.dialect = *std::move(dialect);
  return {};
}

Problem read_joining(std::string_view text, std::string& value) {
  if (text == "@") return "@ needs a file name";
  if (text == "@-") return "stdin is read after it: name a file";
  if (text.empty()) return "must not be empty";
  value = text;
  return {};
}

constexpr OptionRow kRows[] = {
    {.name = "protocol",
     .group = Group::connection,
     .scope = {kWs | kPoll | kMqtt, kClient},
     .also = {kRelay, kRoute},
     .ends = both_ways(kWsEnd | kPollEnd | kHttpEnd | kMqttEnds),
     .arity = Arity::value,
     .value = "PROTOCOL",
     .choices = "3.1.1 5",
     .summary = "Speak this protocol",
     .text = "Inside a WebSocket's messages: socket.io[:/NAMESPACE], graphql-ws, phoenix:TOPIC or "
             "stomp:DESTINATION, with joining, signs of life and acknowledgements; see rtwire(7). "
             "rtpoll speaks Socket.IO without a WebSocket. "
             "Over MQTT: 3.1.1 or 5; without it 5, and 3.1.1 with a broker that does not know 5.",
     .binding = {apply_protocol, nullptr}},
    {.name = "join",
     .group = Group::websocket,
     .scope = {kWs | kPoll, kClient},
     .also = {kRelay, kRoute},
     .ends = both_ways(kWsEnd | kPollEnd | kHttpEnd),
     .arity = Arity::value,
     .value = "JSON",
     .completes = Completes::file_behind_at,
     .summary = "Say this JSON object when joining",
     .text = "What a server may want to know before it lets somebody in: Socket.IO's auth, the "
             "payload of GraphQL's connection_init, the parameters of a Phoenix channel, headers "
             "of STOMP's CONNECT. @FILE is the content of a file.",
     .needs = "protocol",
     .secret = Secret::yes,
     .binding = string<&O::joining, read_joining>()},
    {.name = "ack",
     .group = Group::websocket,
     .scope = {kWs | kPoll, kClient},
     .also = {kRelay, kRoute},
     .ends = both_ways(kWsEnd | kPollEnd | kHttpEnd),
     .summary = "Let messages be acknowledged",
     .text = "With --protocol socket.io: what is sent has arrived when the server's handler has "
             "acknowledged it, until then it is kept and sent again; what the handler says with it "
             "is printed where messages are, as an event \"ack\". With stomp: the broker keeps "
             "what comes until it has been written, or its --exec command has ended.",
     .needs = "protocol",
     .binding = flag<&O::ack>()},
    {.name = "send",
     .group = Group::websocket,
     .scope = {kWs, kClient},
     .also = {kRelay, kRoute},
     .common = {kWs, kClient},
     .ends = both_ways(kWsEnd),
     .arity = Arity::list,
     .value = "MESSAGE",
     .completes = Completes::file_behind_at,
     .summary = "Send MESSAGE first (repeatable)",
     .text = "At every connection, also after each reconnection, before anything else is sent: "
             "what a feed wants to be told. @FILE sends each line of a file that is not empty; "
             "with --protocol graphql-ws the whole file, which is one operation.",
     .conflicts = "hub",
     .secret = Secret::yes,
     .from_environment = false,
     .binding = list<&O::opening, read_first_text>()},
    {.name = "send-binary",
     .group = Group::websocket,
     .scope = {kWs, kClient},
     .also = {kRelay, kRoute},
     .ends = both_ways(kWsEnd),
     .arity = Arity::list,
     .value = "MESSAGE",
     .completes = Completes::file_behind_at,
     .summary = "Send it first, as binary (repeatable)",
     .text = "As --send does. @FILE sends the whole file as one message.",
     .conflicts = "hub",
     .secret = Secret::yes,
     .from_environment = false,
     .binding = list<&O::opening, read_first_binary>()},
    {.name = "await",
     .group = Group::websocket,
     .scope = {kWs, kClient},
     .also = {kRelay, kRoute},
     .ends = both_ways(kWsEnd),
     .arity = Arity::list,
     .value = "PATTERN",
     .summary = "Then wait for an answer like it (repeatable)",
     .text = "A message with PATTERN in it: the answer to the --send before it. A --send after it, "
             "and all else, is sent when "
             "the answer has come. PATTERN is that of --expect. The answer is not printed; what "
             "comes before it is. --connect-timeout is how long it may take.",
     .conflicts = "hub",
     .from_environment = false,
     .binding = list<&O::opening, read_awaited>()},
    {.name = "reject",
     .group = Group::websocket,
     .scope = {kWs, kClient},
     .also = {kRelay, kRoute},
     .ends = both_ways(kWsEnd),
     .arity = Arity::list,
     .value = "PATTERN",
     .summary = "End with 5 at an answer like it (repeatable)",
     .text =
         "A message with PATTERN in it that comes while --await waits: it is shown, and there is "
         "no other attempt.",
     .needs = "await",
     .from_environment = false,
     .binding = list<&O::rejections, read_pattern>()},
    {.name = "answer",
     .group = Group::websocket,
     .scope = {kWs, kClient},
     .also = {kRelay, kRoute},
     .ends = both_ways(kWsEnd),
     .arity = Arity::list,
     .value = "RULE",
     .summary = "Answer messages by themselves (repeatable)",
     .text =
         "RULE is PATTERN=MESSAGE: MESSAGE is sent back to what has PATTERN, that of --expect, in "
         "it, which is not printed. For servers whose pings are messages. In MESSAGE %{/POINTER} "
         "stands for that value of a JSON message, "
         "as JSON has it: '\"ping\"={\"pong\":%{/ping}}'.",
     .conflicts = "hub",
     .from_environment = false,
     .binding = list<&O::answers, read_answer>()},
    {.name = "ping-message",
     .group = Group::websocket,
     .scope = {kWs, kClient},
     .also = {kRelay, kRoute},
     .ends = both_ways(kWsEnd),
     .arity = Arity::value,
     .value = "MESSAGE",
     .summary = "Send MESSAGE again and again as a sign of life",
     .text = "For servers that are not content with WebSocket's own pings (--keepalive).",
     .conflicts = "hub",
     .binding = string<&O::ping_message, read_word>()},
    {.name = "ping-message-interval",
     .group = Group::websocket,
     .scope = {kWs, kClient},
     .also = {kRelay, kRoute},
     .ends = both_ways(kWsEnd),
     .arity = Arity::value,
     .value = "DURATION",
     .summary = "Time from one --ping-message to the next",
     .needs = "ping-message",
     .binding = duration<&O::ping_message_interval>()},
};

}  // namespace

std::span<const OptionRow> feed_rows() {
  return kRows;
}

}  // namespace rt::cli
