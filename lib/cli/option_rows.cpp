#include "cli/option_table.hpp"

namespace rt::cli {
namespace {

constexpr std::uint8_t kPoll = program_bit(Program::rtpoll);
constexpr std::uint8_t kSse = program_bit(Program::rtsse);
constexpr std::uint8_t kWs = program_bit(Program::rtws);
constexpr std::uint8_t kAll = kPoll | kSse | kWs | program_bit(Program::rtrelay);

constexpr std::uint8_t kSub = verb_bit(Verb::sub);
constexpr std::uint8_t kPub = verb_bit(Verb::pub);
constexpr std::uint8_t kPipe = verb_bit(Verb::pipe);
constexpr std::uint8_t kServe = verb_bit(Verb::serve);
constexpr std::uint8_t kReads = kSub | kPipe;
constexpr std::uint8_t kSends = kPub | kPipe;
constexpr std::uint8_t kClient = kSub | kPub | kPipe;
constexpr std::uint8_t kAny = kClient | kServe;

using O = Options;

Problem read_data(std::string_view text, DataArgument& value) {
  if (text == "@") return "@ needs a file name, or - for stdin";
  value.from_file = !text.empty() && text.front() == '@';
  value.text = value.from_file ? text.substr(1) : text;
  return {};
}

Problem apply_user(Options& options, std::string_view text) {
  const auto colon = text.find(':');
  std::string user;
  if (Problem problem = read_line(text, user); !problem.empty()) return problem;
  if (colon == 0 || text.empty()) return "needs a user name before ':'";
  options.user = user.substr(0, colon);
  options.password.reset();
  if (colon != std::string_view::npos) options.password = user.substr(colon + 1);
  return {};
}

Problem apply_delimiter(Options& options, std::string_view text) {
  options.framing = StreamFraming::delimiter;
  return read_escaped(text, options.delimiter);
}

// Only --long=WAIT has a value.
Problem apply_long(Options& options, std::string_view text) {
  Milliseconds wait = kLongPollWait;
  Problem problem = text.empty() ? Problem() : read_duration(text, 1ms, wait);
  options.long_poll = wait;
  return problem;
}

template <auto Member>
constexpr Binding tls_file() {
  return {
      [](Options& options, std::string_view text) { return read_word(text, options.tls.*Member); },
      nullptr};
}

constexpr OptionRow kRows[] = {
    // --- Messages
    {.name = "count",
     .letter = 'n',
     .group = Group::messages,
     .scope = {kAll, kReads},
     .arity = Arity::value,
     .value = "N",
     .summary = "Stop after N messages have arrived",
     .binding = count<&O::count>()},
    {.name = "timeout",
     .group = Group::messages,
     .scope = {kAll, kClient},
     .arity = Arity::value,
     .value = "DURATION",
     .summary = "Stop after this time",
     .text = "The exit code is 7 when --count messages had not arrived by then.",
     .binding = duration<&O::timeout>()},
    {.name = "linger",
     .group = Group::messages,
     .scope = {kAll, kPipe},
     .arity = Arity::value,
     .value = "DURATION",
     .summary = "Wait so long for answers after stdin's end",
     .binding = duration<&O::linger, Zero::allowed>()},
    {.name = "data",
     .letter = 'd',
     .group = Group::messages,
     .scope = {kAll, kPub},
     .arity = Arity::list,
     .value = "DATA",
     .summary = "Send DATA, or the content of @FILE",
     .text = "Each -d is one message and takes the place of MESSAGE arguments and of stdin. @FILE "
             "sends a whole file, @- all of stdin, unchanged.",
     .from_environment = false,
     .binding = list<&O::data, read_data>()},
    {.name = "content-type",
     .group = Group::messages,
     .scope = {kAll, kSends},
     .arity = Arity::value,
     .value = "TYPE",
     .summary = "Media type of the messages sent",
     .binding = string<&O::content_type, read_media_type>()},
    {.name = "max-message",
     .group = Group::messages,
     .scope = {kAll, kAny},
     .arity = Arity::value,
     .value = "SIZE",
     .summary = "Refuse messages larger than this",
     .binding = size<&O::max_message, kMostMessageBytes>()},

    // --- Framing
    {.name = "null",
     .letter = '0',
     .group = Group::framing,
     .scope = {kAll, kAny},
     .summary = "Messages end with a NUL byte, not a newline",
     .conflicts = "delimiter length-prefix json raw",
     .binding = choice<&O::framing, StreamFraming::null_byte>()},
    {.name = "delimiter",
     .group = Group::framing,
     .scope = {kAll, kAny},
     .arity = Arity::value,
     .value = "STRING",
     .summary = "Messages end with STRING",
     .text = "\\n, \\r, \\t, \\0, \\\\ and \\xNN stand for the bytes that they name.",
     .conflicts = "null length-prefix json raw",
     .binding = {apply_delimiter, nullptr}},
    {.name = "length-prefix",
     .group = Group::framing,
     .scope = {kAll, kAny},
     .summary = "Put each message's length before it",
     .text = "The length is 4 bytes, the most significant first. Any payload fits.",
     .conflicts = "null delimiter json raw",
     .binding = choice<&O::framing, StreamFraming::length_prefix>()},
    {.name = "json",
     .letter = 'J',
     .group = Group::framing,
     .scope = {kAll, kAny},
     .summary = "Read and write JSON envelopes, one a line",
     .text = "An envelope carries a message with its time, channel, id and type, the same in every "
             "program, so the output of one is the input of another.",
     .conflicts = "null delimiter length-prefix raw",
     .binding = choice<&O::framing, StreamFraming::json>()},
    {.name = "raw",
     .group = Group::framing,
     .scope = {kAll, kAny},
     .summary = "Nothing between messages",
     .text = "What one read of stdin gives is one message.",
     .conflicts = "null delimiter length-prefix json",
     .binding = choice<&O::framing, StreamFraming::raw>()},

    // --- Output
    {.name = "output",
     .letter = 'o',
     .group = Group::output,
     .scope = {kAll, kReads | kServe},
     .arity = Arity::value,
     .value = "FILE",
     .summary = "Write messages to FILE, not to stdout",
     .binding = string<&O::output, read_word>()},
    {.name = "quiet",
     .letter = 'q',
     .group = Group::output,
     .scope = {kAll, kAny},
     .summary = "Only errors on stderr",
     .text = "A server's \"listening URL\" line is shown all the same.",
     .conflicts = "verbose",
     .binding = flag<&O::quiet>()},
    {.name = "verbose",
     .letter = 'v',
     .group = Group::output,
     .scope = {kAll, kAny},
     .arity = Arity::counted,
     .summary = "Say what happens on stderr; -vv says more",
     .conflicts = "quiet",
     .binding = {[](Options& options, std::string_view) -> Problem {
                   ++options.verbose;
                   return {};
                 },
                 nullptr}},

    // --- Polling
    {.name = "interval",
     .group = Group::polling,
     .scope = {kPoll, kReads},
     .arity = Arity::value,
     .value = "DURATION",
     .summary = "Time from one request to the next",
     .text = "Cache-Control and Retry-After of the server can make it longer.",
     .binding = duration<&O::interval>()},
    {.name = "long",
     .group = Group::polling,
     .scope = {kPoll, kReads},
     .arity = Arity::optional_value,
     .value = "WAIT",
     .summary = "Long polling: let the server wait for news",
     .text = "The server is asked to wait up to 30s, or WAIT, before it answers that there is "
             "nothing new. WAIT follows an equals sign: --long=10s.",
     .binding = {apply_long, nullptr}},

    // --- Resuming
    {.name = "since",
     .group = Group::resuming,
     .scope = {kAll, kReads},
     .arity = Arity::value,
     .value = "ID",
     .summary = "Begin behind message ID of an rtwire hub",
     .text = "An empty ID means all that the hub keeps.",
     .conflicts = "last last-event-id",
     .binding = string<&O::since, read_line>()},
    {.name = "last",
     .group = Group::resuming,
     .scope = {kAll, kReads},
     .arity = Arity::value,
     .value = "N",
     .summary = "Begin with the last N messages of a hub",
     .conflicts = "since last-event-id",
     .binding = count<&O::last>()},
    {.name = "last-event-id",
     .group = Group::resuming,
     .scope = {kSse, kReads},
     .arity = Arity::value,
     .value = "ID",
     .summary = "Begin behind this event, if the server can",
     .text = "The first request carries it as Last-Event-ID; later ones carry the last id seen.",
     .conflicts = "since last",
     .binding = string<&O::last_event_id, read_word>()},

    // --- WebSocket
    {.name = "text",
     .group = Group::websocket,
     .scope = {kWs, kSends | kServe},
     .summary = "Send text messages only",
     .text = "Without --text or --binary, a message that is valid UTF-8 goes as text and any other "
             "as binary.",
     .conflicts = "binary",
     .binding = choice<&O::send_as, SendAs::text>()},
    {.name = "binary",
     .group = Group::websocket,
     .scope = {kWs, kSends | kServe},
     .summary = "Send binary messages only",
     .conflicts = "text",
     .binding = choice<&O::send_as, SendAs::binary>()},
    {.name = "subprotocol",
     .group = Group::websocket,
     .scope = {kWs, kClient},
     .arity = Arity::list,
     .value = "NAME",
     .summary = "Offer this subprotocol (repeatable)",
     .from_environment = false,
     .binding = list<&O::subprotocols, read_token>()},
    {.name = "origin",
     .group = Group::websocket,
     .scope = {kWs, kClient},
     .arity = Arity::value,
     .value = "ORIGIN",
     .summary = "Send this Origin header",
     .binding = string<&O::origin, read_word>()},
    {.name = "keepalive",
     .alias = "ping-interval",
     .group = Group::websocket,
     .scope = {kWs, kClient},
     .arity = Arity::value,
     .value = "DURATION",
     .summary = "Time between pings; 0 sends none",
     .text = "A peer that does not answer is taken for gone.",
     .binding = duration<&O::keepalive, Zero::allowed>()},

    // --- Connection
    {.name = "header",
     .letter = 'H',
     .group = Group::connection,
     .scope = {kAll, kClient},
     .arity = Arity::list,
     .value = "HEADER",
     .summary = "Send this 'Name: value' (repeatable)",
     .secret = Secret::yes,
     .from_environment = false,
     .binding = list<&O::headers, read_header>()},
    {.name = "hub",
     .group = Group::connection,
     .scope = {kAll, kClient},
     .summary = "The other side is an rtwire hub",
     .text = "Lets the programs use what only a hub understands: ids, types and reports of lost "
             "messages on every transport.",
     .binding = flag<&O::hub>()},
    {.name = "connect-timeout",
     .group = Group::connection,
     .scope = {kAll, kClient},
     .arity = Arity::value,
     .value = "DURATION",
     .summary = "Longest time that connecting may take",
     .binding = duration<&O::connect_timeout>()},
    {.name = "retry",
     .group = Group::connection,
     .scope = {kAll, kClient},
     .summary = "Try again when the first connection fails",
     .text = "Without it a failed first connection is final. A refusal is final with it too.",
     .binding = flag<&O::retry>()},
    {.name = "no-reconnect",
     .group = Group::connection,
     .scope = {kAll, kClient},
     .summary = "End when the connection is lost",
     .text = "Without it a lost connection is made again, after a delay that grows.",
     .binding = flag<&O::no_reconnect>()},
    {.name = "retry-max-delay",
     .group = Group::connection,
     .scope = {kAll, kClient},
     .arity = Arity::value,
     .value = "DURATION",
     .summary = "Longest delay between two attempts",
     .binding = duration<&O::retry_max_delay>()},

    // --- Security
    {.name = "user",
     .letter = 'u',
     .group = Group::security,
     .scope = {kAll, kClient},
     .arity = Arity::value,
     .value = "USER",
     .summary = "User for HTTP authentication",
     .text = "USER:PASSWORD gives both, for all to see who list processes. Without a password, "
             "RT_PASSWORD or --password-file gives it, or else it is asked for.",
     .conflicts = "bearer bearer-file",
     .secret = Secret::yes,
     .binding = {apply_user, nullptr}},
    {.name = "password-file",
     .group = Group::security,
     .scope = {kAll, kClient},
     .arity = Arity::value,
     .value = "FILE",
     .summary = "Read the password from FILE's first line",
     .conflicts = "bearer bearer-file",
     .binding = string<&O::password_file, read_word>()},
    {.name = "bearer",
     .group = Group::security,
     .scope = {kAll, kClient},
     .arity = Arity::value,
     .value = "TOKEN",
     .summary = "Send TOKEN as Authorization: Bearer",
     .text = "Whoever lists processes sees it here, but not in RT_BEARER or --bearer-file.",
     .conflicts = "bearer-file user password-file",
     .secret = Secret::yes,
     .binding = string<&O::bearer, read_bearer>()},
    {.name = "bearer-file",
     .group = Group::security,
     .scope = {kAll, kClient},
     .arity = Arity::value,
     .value = "FILE",
     .summary = "Read the bearer token from FILE",
     .conflicts = "bearer user password-file",
     .binding = string<&O::bearer_file, read_word>()},
    {.name = "cacert",
     .group = Group::security,
     .scope = {kAll, kClient},
     .arity = Arity::value,
     .value = "FILE",
     .summary = "Trust these certificates (PEM)",
     .binding = tls_file<&TlsOptions::ca_file>()},
    {.name = "cert",
     .group = Group::security,
     .scope = {kAll, kClient},
     .arity = Arity::value,
     .value = "FILE",
     .summary = "Show this client certificate (PEM)",
     .binding = tls_file<&TlsOptions::certificate_file>()},
    {.name = "key",
     .group = Group::security,
     .scope = {kAll, kClient},
     .arity = Arity::value,
     .value = "FILE",
     .summary = "Private key of --cert (PEM)",
     .binding = tls_file<&TlsOptions::key_file>()},
    {.name = "insecure",
     .letter = 'k',
     .group = Group::security,
     .scope = {kAll, kClient},
     .summary = "Do not check the server's certificate",
     .text = "Anyone between the two ends can then read and change everything.",
     .binding = {[](Options& options, std::string_view) -> Problem {
                   options.tls.verify = Verify::none;
                   return {};
                 },
                 nullptr}},

    // --- Server
    {.name = "history",
     .group = Group::server,
     .scope = {kAll, kServe},
     .arity = Arity::value,
     .value = "N",
     .summary = "Messages that each channel keeps",
     .binding = count<&O::history>()},
    {.name = "history-bytes",
     .group = Group::server,
     .scope = {kAll, kServe},
     .arity = Arity::value,
     .value = "SIZE",
     .summary = "Bytes that each channel keeps",
     .binding = size<&O::history_bytes>()},
    {.name = "history-age",
     .group = Group::server,
     .scope = {kAll, kServe},
     .arity = Arity::value,
     .value = "DURATION",
     .summary = "Forget messages older than this",
     .binding = duration<&O::history_age>()},
    {.name = "memory",
     .group = Group::server,
     .scope = {kAll, kServe},
     .arity = Arity::value,
     .value = "SIZE",
     .summary = "Memory of all channels together",
     .text = "The oldest messages go first.",
     .binding = size<&O::memory>()},
    {.name = "max-channels",
     .group = Group::server,
     .scope = {kAll, kServe},
     .arity = Arity::value,
     .value = "N",
     .summary = "Most channels at a time",
     .binding = count<&O::max_channels>()},
    {.name = "max-connections",
     .group = Group::server,
     .scope = {kAll, kServe},
     .arity = Arity::value,
     .value = "N",
     .summary = "Most connections at a time",
     .text = "The system's limit on open files bounds it too.",
     .binding = count<&O::max_connections>()},
    {.name = "allow-origin",
     .group = Group::server,
     .scope = {kAll, kServe},
     .arity = Arity::list,
     .value = "ORIGIN",
     .summary = "Let pages of ORIGIN in (repeatable)",
     .text = "Browsers say which site a request comes from. Other sites may neither open "
             "WebSockets nor publish, unless they are named here.",
     .from_environment = false,
     .binding = list<&O::allow_origins, read_origin>()},
    {.name = "allow-host",
     .group = Group::server,
     .scope = {kAll, kServe},
     .arity = Arity::list,
     .value = "HOST",
     .summary = "Answer to this Host name too (repeatable)",
     .text = "On loopback a server answers only to IP addresses, localhost and the names given "
             "here, so that no web site can reach it under its own name.",
     .from_environment = false,
     .binding = list<&O::allow_hosts, read_host>()},
    {.name = "no-relay",
     .group = Group::server,
     .scope = {kAll, kServe},
     .summary = "What clients publish goes to stdout only",
     .binding = flag<&O::no_relay>()},
    {.name = "echo",
     .group = Group::server,
     .scope = {kWs, kServe},
     .summary = "Send each message back to its sender",
     .binding = flag<&O::echo>()},
    {.name = "exit-on-eof",
     .group = Group::server,
     .scope = {kAll, kServe},
     .summary = "End when stdin ends",
     .binding = flag<&O::exit_on_eof>()},
    {.name = "heartbeat",
     .group = Group::server,
     .scope = {kAll, kServe},
     .arity = Arity::value,
     .value = "DURATION",
     .summary = "Time between signs of life; 0 sends none",
     .text = "Comments on event streams, pings on WebSockets.",
     .binding = duration<&O::heartbeat, Zero::allowed>()},
    {.name = "sse-retry",
     .group = Group::server,
     .scope = {kAll, kServe},
     .arity = Arity::value,
     .value = "DURATION",
     .summary = "Reconnection time told to event streams",
     .text = "0 tells none.",
     .binding = duration<&O::sse_retry, Zero::allowed>()},

    // --- General
    {.letter = 'h',
     .scope = {kAll, kAny},
     .summary = "Show a short help",
     .from_environment = false},
    {.name = "help",
     .scope = {kAll, kAny},
     .summary = "Show the whole help, with examples",
     .from_environment = false},
    {.name = "version",
     .letter = 'V',
     .scope = {kAll, kAny},
     .summary = "Show the version",
     .from_environment = false},
};

}  // namespace

std::span<const OptionRow> option_table() {
  return kRows;
}

}  // namespace rt::cli
