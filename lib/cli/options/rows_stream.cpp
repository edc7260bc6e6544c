#include "base/text.hpp"
#include "cli/options/rows.hpp"
#include "model/escape.hpp"

namespace rt::cli {
namespace {

Problem read_data(std::string_view text, DataArgument& value) {
  if (text == "@") return "@ needs a file name, or - for stdin";
  value.from_file = !text.empty() && text.front() == '@';
  value.text = value.from_file ? text.substr(1) : text;
  return {};
}

// An escape that has the delimiter in it would end the message.
Problem check_escapable(const Options& options) {
  if (options.escape != Escape::backslash || options.framing != FramingKind::delimiter) return {};
  if (escaped_byte_of(options.delimiter)) return {};
  return "--escape backslash and --delimiter " + printable(options.delimiter) +
         " do not go together: escapes are made of its characters";
}

Problem apply_delimiter(Options& options, std::string_view text) {
  options.framing = FramingKind::delimiter;
  Problem problem = read_escaped(text, options.delimiter);
  return problem.empty() ? check_escapable(options) : problem;
}

Problem apply_escape(Options& options, std::string_view text) {
  if (text == "backslash")
    options.escape = Escape::backslash;
  else if (text == "refuse")
    options.escape = Escape::refuse;
  else if (text == "none")
    options.escape = Escape::none;
  else
    return "must be backslash, refuse or none";
  return check_escapable(options);
}

constexpr OptionRow kRows[] = {
    // --- Messages
    {.name = "count",
     .letter = 'n',
     .group = Group::messages,
     .scope = {kClients, kReads},
     .also = {kRelay, kRoute},
     .common = {kClients, kReads},
     .arity = Arity::value,
     .value = "N",
     .summary = "Stop after N messages have arrived",
     .binding = count<&O::count>()},
    {.name = "timeout",
     .group = Group::messages,
     .scope = {kClients, kClient},
     .also = {kRelay, kRoute},
     .common = {kClients, kClient},
     .arity = Arity::value,
     .value = "DURATION",
     .summary = "Stop after this time",
     .text = "The exit code is 7 when --count messages had not arrived by then. In rpc each "
             "request has so long, 30s unless this says otherwise.",
     .binding = duration<&O::timeout>()},
    {.name = "linger",
     .group = Group::messages,
     .scope = {kClients, kPipe},
     .also = {kRelay, kRoute},
     .arity = Arity::value,
     .value = "DURATION",
     .summary = "Wait so long for answers after stdin's end",
     .text =
         "A pipe with --count, --expect or --until, and without this option, waits until it has "
         "what it waits for.",
     .binding = duration<&O::linger, Zero::allowed>()},
    {.name = "data",
     .letter = 'd',
     .group = Group::messages,
     .scope = {kClients, kPub | kRpc},
     .also = {kSse | kPoll | kRelay, kSub | kRoute},
     .common = {kClients, kPub},
     .ends = as_source(kSseEnd | kPollEnd),
     .arity = Arity::list,
     .value = "DATA",
     .completes = Completes::file_behind_at,
     .summary = "Send DATA, or the content of @FILE",
     .text = "Each -d is one message and takes the place of MESSAGE arguments and of stdin. @FILE "
             "sends a whole file, @- all of stdin, unchanged. In sub, and at an end of rtrelay, it "
             "is the "
             "body of the request, several joined by &.",
     .conflicts = "replay",
     .from_environment = false,
     .binding = list<&O::data, read_data>()},
    {.name = "content-type",
     .group = Group::messages,
     .scope = {kClients, kSends | kRpc},
     .also = {kRelay | kSse | kPoll, kRoute | kSub},
     .ends = {kSseEnd | kPollEnd, kPostEnds},
     .arity = Arity::value,
     .value = "TYPE",
     .summary = "Media type of the messages sent",
     .text = "In sub that of --data: JSON where it begins as JSON does, else a form's.",
     .binding = string<&O::content_type, read_media_type>()},
    {.name = "text",
     .group = Group::messages,
     .scope = {kWs, kSends | kServe},
     .also = {kRelay | kMqtt, kRoute | kSends},
     .ends = as_sink(kWsEnd | kMqttEnd),
     .summary = "Send text messages only",
     .text =
         "Without --text or --binary, a message that is valid UTF-8 goes as text over WebSocket "
         "and any other as binary; over MQTT 5 nothing is said of it then, unless it came with "
         "the message.",
     .conflicts = "binary",
     .binding = choice<&O::send_as, SendAs::text>()},
    {.name = "binary",
     .group = Group::messages,
     .scope = {kWs, kSends | kServe},
     .also = {kRelay | kMqtt, kRoute | kSends | kCompare},
     .ends = as_sink(kWsEnd | kMqttEnd),
     .summary = "Send binary messages only",
     .text = "In compare a SIZE is then of bytes that are no text.",
     .conflicts = "text",
     .binding = choice<&O::send_as, SendAs::binary>()},
    {.name = "max-message",
     .group = Group::messages,
     .scope = {kAll, kAny},
     .ends = both_ways(kAllEnds),
     .arity = Arity::value,
     .value = "SIZE",
     .summary = "Refuse messages larger than this",
     .binding = size<&O::max_message, kMostMessageBytes>()},

    // --- Framing
    {.name = "null",
     .letter = '0',
     .group = Group::framing,
     .scope = {kAll, kAny},
     .ends = both_ways(kByteEnds),
     .summary = "Messages end with a NUL byte, not a newline",
     .conflicts = "crlf delimiter length-prefix json raw base64 hex json-values",
     .binding = choice<&O::framing, FramingKind::null_byte>()},
    {.name = "delimiter",
     .group = Group::framing,
     .scope = {kAll, kAny},
     .ends = both_ways(kByteEnds),
     .arity = Arity::value,
     .value = "STRING",
     .summary = "Messages end with STRING",
     .text = "\\n, \\r, \\t, \\0, \\\\ and \\xNN stand for the bytes that they name.",
     .conflicts = "crlf null length-prefix json raw base64 hex json-values",
     .binding = {apply_delimiter, nullptr}},
    {.name = "crlf",
     .group = Group::framing,
     .scope = {kAll, kAny},
     .ends = both_ways(kByteEnds),
     .summary = "Lines that are read may end with CR LF",
     .text = "Without it a carriage return before the newline is part of the message.",
     .conflicts = "null delimiter length-prefix json raw base64 hex json-values",
     .binding = flag<&O::crlf>()},
    {.name = "length-prefix",
     .group = Group::framing,
     .scope = {kAll, kAny},
     .ends = both_ways(kByteEnds),
     .summary = "Put each message's length before it",
     .text = "The length is 4 bytes, the most significant first. Any payload fits.",
     .conflicts = "crlf null delimiter json raw escape base64 hex json-values",
     .binding = choice<&O::framing, FramingKind::length_prefix>()},
    {.name = "json",
     .letter = 'J',
     .group = Group::framing,
     .scope = {kAll, kAny},
     .common = {kAll, kAny},
     .ends = both_ways(kByteEnds),
     .summary = "Read and write JSON envelopes, one a line",
     .text = "An envelope carries a message with its time, channel, id and type, the same in every "
             "program, so the output of one is the input of another.",
     .conflicts = "crlf null delimiter length-prefix raw format escape diff base64 hex json-values",
     .binding = choice<&O::framing, FramingKind::json>()},
    {.name = "raw",
     .group = Group::framing,
     .scope = {kAll, kAny},
     .ends = both_ways(kByteEnds),
     .summary = "Nothing between messages",
     .text = "What one read of stdin gives is one message, unless --whole is given.",
     .conflicts = "crlf null delimiter length-prefix json escape base64 hex json-values",
     .binding = choice<&O::framing, FramingKind::raw>()},
    {.name = "whole",
     .group = Group::framing,
     .scope = {kAll, kAny},
     .ends = both_ways(kByteEnds),
     .summary = "All of stdin is one binary message",
     .text = "It is sent when stdin has ended.",
     .needs = "raw",
     .binding = flag<&O::whole>()},
    {.name = "base64",
     .group = Group::framing,
     .scope = {kAll, kAny},
     .ends = both_ways(kByteEnds),
     .summary = "Payloads are lines of base64",
     .text = "Those of stdin are sent as binary, unless --text is given.",
     .conflicts = "crlf null delimiter length-prefix json raw hex json-values format escape",
     .binding = choice<&O::framing, FramingKind::base64>()},
    {.name = "hex",
     .group = Group::framing,
     .scope = {kAll, kAny},
     .ends = both_ways(kByteEnds),
     .summary = "Payloads are lines of hexadecimal digits",
     .text = "The same; spaces may stand between the bytes that are read.",
     .conflicts = "crlf null delimiter length-prefix json raw base64 json-values format escape",
     .binding = choice<&O::framing, FramingKind::hex>()},
    {.name = "json-values",
     .group = Group::framing,
     .scope = {kAll, kAny},
     .ends = both_ways(kByteEnds),
     .summary = "Each JSON value of stdin is a message",
     .text = "Values may be of several lines and need nothing between them, as jq has it. What "
             "is no JSON is an error that names the line. Written are payloads, each on a line.",
     .conflicts = "crlf null delimiter length-prefix json raw base64 hex escape",
     .binding = choice<&O::framing, FramingKind::json_values>()},

    {.name = "format",
     .letter = 'F',
     .group = Group::framing,
     .scope = {kClients, kReads | kServe | kRpc},
     .also = {kRelay, kRoute | kServe},
     .common = {kAll, kReads | kServe | kRoute},
     .ends = as_sink(kByteEnds),
     .arity = Arity::value,
     .value = "TEMPLATE",
     .summary = "Write each message as TEMPLATE says",
     .text = "%d data, %c channel, %i id, %e event, %t time (also %{unix} and %{strftime:%H:%M}), "
             "%l length, %x hex, %b base64, %j envelope, %{content_type}, %{qos}, %{retain}, "
             "%{prop:NAME}, %% and \\n \\t \\0 \\xNN; all of them are in rtwire(7). What ends a "
             "message follows: a newline, a NUL with --null, nothing with --raw.",
     .conflicts = "json exec base64 hex",
     .binding = string<&O::format, read_template>()},
    {.name = "escape",
     .group = Group::framing,
     .scope = {kAll, kAny},
     .ends = both_ways(kByteEnds),
     .arity = Arity::value,
     .value = "HOW",
     .choices = "backslash refuse none",
     .summary = "How to write a message with a newline in it",
     .text =
         "The same for whatever else ends a message. backslash writes it as \\n, a backslash as "
         "\\\\, and "
         "resolves such escapes in what is read; refuse leaves the message out, tells of it and "
         "ends with 9; none writes it as it is. Without this option it is written as it is, and "
         "told once. On a terminal control characters are shown as \\xNN, so that no message can "
         "steer it; none writes them, too.",
     .conflicts = "json length-prefix raw base64 hex json-values",
     .binding = {apply_escape, nullptr}},

    // --- Output
    {.name = "output",
     .letter = 'o',
     .group = Group::output,
     .scope = {kClients, kReads | kServe | kRpc},
     .also = {kRelay, kRoute | kServe},
     .common = {kClients, kReads},
     .arity = Arity::value,
     .value = "FILE",
     .completes = Completes::file,
     .summary = "Write messages to FILE, not to stdout",
     .text = "What it held before stays until there is something to put in its place.",
     .conflicts = "exec",
     .binding = string<&O::output, read_word>()},
    {.name = "quiet",
     .letter = 'q',
     .group = Group::output,
     .scope = {kAll, kAny},
     .also = {kRelay, kRun | kCompare},
     .common = {kAll, kAny | kRun | kCompare},
     .summary = "Only errors on stderr",
     .text = "A server's \"listening URL\" line is shown all the same.",
     .conflicts = "verbose progress",
     .binding = flag<&O::quiet>()},
    {.name = "verbose",
     .letter = 'v',
     .group = Group::output,
     .scope = {kAll, kAny},
     .also = {kRelay, kRun | kCompare},
     .common = {kAll, kAny | kRun | kCompare},
     .arity = Arity::counted,
     .summary = "Say what happens on stderr; -vv says more",
     .conflicts = "quiet",
     .binding = {[](Options& options, std::string_view) -> Problem {
                   ++options.verbose;
                   return {};
                 },
                 nullptr}},
};

}  // namespace

std::span<const OptionRow> stream_rows() {
  return kRows;
}

}  // namespace rt::cli
