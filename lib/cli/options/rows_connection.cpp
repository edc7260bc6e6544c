#include "cli/options/rows.hpp"

namespace rt::cli {
namespace {

Problem apply_keepalive(Options& options, std::string_view text) {
  // What the 16 bits of MQTT's field hold.
  constexpr Milliseconds kLongest = std::chrono::seconds(65'535);
  Milliseconds value{};
  if (Problem problem = read_duration(text, 0ms, value); !problem.empty()) return problem;
  if (value > kLongest) return "too long: at most 65535s";
  options.keepalive = value;
  options.mqtt_keepalive = std::chrono::ceil<std::chrono::seconds>(value);
  return {};
}

Problem apply_user(Options& options, std::string_view text) {
  const auto colon = text.find(':');
  std::string user;
  if (Problem problem = read_line(text, user); !problem.empty()) return problem;
  if (colon == 0 || text.empty()) return "needs a user name before ':'";
  options.user = user.substr(0, colon);
  options.password.reset();
  options.password_from = PasswordFrom::file;
  if (colon == std::string_view::npos) return {};
  options.password = user.substr(colon + 1);
  options.password_from = PasswordFrom::user;
  return {};
}

template <auto Member>
constexpr Binding tls_file() {
  return {
      [](Options& options, std::string_view text) { return read_word(text, options.tls.*Member); },
      nullptr};
}

constexpr OptionRow kRows[] = {
    // --- Connection
    {.name = "header",
     .letter = 'H',
     .group = Group::connection,
     .scope = {kClients, kClient},
     .also = {kRelay, kRoute | kServe},
     .common = {kWeb | kRelay, kClient | kRoute},
     .ends = both_ways(kWebEnds | kMqttEnd),
     .arity = Arity::list,
     .value = "HEADER",
     .summary = "Send this 'Name: value' (repeatable)",
     .secret = Secret::yes,
     .from_environment = false,
     .binding = list<&O::headers, read_header>()},
    {.name = "hub",
     .group = Group::connection,
     .scope = {kWeb, kClient},
     .also = {kRelay, kRoute},
     .ends = both_ways(kWebEnds),
     .summary = "The other side is an rtwire hub",
     .text = "Lets the programs use what only a hub understands: ids, types and reports of lost "
             "messages on every transport.",
     .conflicts = "send send-binary await answer ping-message echo",
     .binding = flag<&O::hub>()},
    {.name = "connect-timeout",
     .group = Group::connection,
     .scope = {kClients, kClient},
     .also = {kRelay, kRoute | kServe},
     .ends = both_ways(kRemoteEnds),
     .arity = Arity::value,
     .value = "DURATION",
     .summary = "Longest time that connecting may take",
     .text = "Up to the first answer, where the connection is a stream of events.",
     .binding = duration<&O::connect_timeout>()},
    {.name = "idle-timeout",
     .group = Group::connection,
     .scope = {kClients, kReads},
     .also = {kRelay, kRoute},
     .ends = as_source(kRemoteEnds),
     .arity = Arity::value,
     .value = "DURATION",
     .summary = "Take a silent connection for dead after this",
     .text = "It is then made again as after a loss, or with --no-reconnect the exit code is 8. An "
             "event stream counts every byte, heartbeats too; WebSockets, MQTT and polling count "
             "messages. 0 waits for ever, also at a hub, whose event streams have 60s without it.",
     .binding = duration<&O::idle_timeout, Zero::allowed>()},
    {.name = "keepalive",
     .alias = "ping-interval",
     .group = Group::connection,
     .scope = {kWs | kMqtt, kClient},
     .also = {kRelay, kRoute},
     .ends = both_ways(kWsEnd | kMqttEnds),
     .arity = Arity::value,
     .value = "DURATION",
     .summary = "Time between signs of life; 0 sends none",
     .text = "Pings on WebSockets; MQTT's keep alive, at least 5s and in whole seconds. A peer "
             "that does not answer is taken for gone.",
     .binding = {apply_keepalive, nullptr}},
    {.name = "retry",
     .group = Group::connection,
     .scope = {kClients, kClient},
     .also = {kRelay, kRoute | kServe},
     .common = {kAll, kClient | kRoute},
     .ends = both_ways(kRemoteEnds),
     .summary = "Try again when the first connection fails",
     .text = "Without it a failed first connection is final. A refusal is final with it too.",
     .binding = flag<&O::retry>()},
    {.name = "no-reconnect",
     .group = Group::connection,
     .scope = {kClients, kClient},
     .also = {kRelay, kRoute},
     .common = {kClients, kClient},
     .ends = both_ways(kRemoteEnds),
     .summary = "End when the connection is lost",
     .text = "Without it a lost connection is made again, after a delay that grows.",
     .conflicts = "reconnect",
     .binding = flag<&O::no_reconnect>()},
    {.name = "reconnect",
     .group = Group::connection,
     .scope = {kSse | kRelay, kSub | kRoute},
     .ends = as_source(kSseEnd),
     .summary = "Ask again also with --data",
     .text = "A request with a body is else made once: a stream that answers it and ends is the "
             "end, and one that breaks off is not asked for again.",
     .conflicts = "no-reconnect",
     .binding = flag<&O::reconnect>()},
    {.name = "final-codes",
     .group = Group::connection,
     .scope = {kWs, kClient},
     .also = {kRelay, kRoute},
     .ends = both_ways(kWsEnd),
     .arity = Arity::value,
     .value = "CODES",
     .summary = "Close codes that end the run (4400-4499)",
     .text = "Numbers and ranges, such as 4001,4100-4199, or none: after these a connection is not "
             "made again. Neither is it after 1003 and 1007 to 1010, which say that what was sent "
             "is not taken.",
     .binding = string<&O::final_codes, read_close_codes>()},
    {.name = "no-cookies",
     .group = Group::connection,
     .scope = {kWeb, kClient},
     .also = {kRelay, kRoute},
     .ends = both_ways(kWebEnds),
     .summary = "Do not return a server's cookies",
     .text = "Without it the cookies that a server sets go back to it for as long as the program "
             "runs.",
     .conflicts = "cookie-jar",
     .binding = flag<&O::no_cookies>()},
    {.name = "retry-max-delay",
     .group = Group::connection,
     .scope = {kClients, kClient},
     .also = {kRelay, kRoute | kServe},
     .ends = both_ways(kRemoteEnds),
     .arity = Arity::value,
     .value = "DURATION",
     .summary = "Longest delay between two attempts",
     .binding = duration<&O::retry_max_delay>()},

    // --- Security
    {.name = "user",
     .letter = 'u',
     .group = Group::security,
     .scope = {kClients, kClient},
     .also = {kRelay, kRoute | kServe},
     .common = {kAll, kClient | kRoute},
     .ends = both_ways(kRemoteEnds),
     .arity = Arity::value,
     .value = "USER",
     .summary = "User to authenticate as",
     .text = "USER:PASSWORD gives both, for all to see who list processes. Without a password, "
             "RT_PASSWORD or --password-file gives it, or else it is asked for.",
     .conflicts = "bearer bearer-file",
     .secret = Secret::yes,
     .binding = {apply_user, nullptr}},
    {.name = "password-file",
     .group = Group::security,
     .scope = {kClients, kClient},
     .also = {kRelay, kRoute | kServe},
     .common = {kMqtt | kRelay, kClient | kRoute},
     .ends = both_ways(kRemoteEnds),
     .arity = Arity::value,
     .value = "FILE",
     .completes = Completes::file,
     .summary = "Read the password from FILE's first line",
     .conflicts = "bearer bearer-file",
     .binding = string<&O::password_file, read_word>()},
    {.name = "bearer",
     .group = Group::security,
     .scope = {kWeb, kClient},
     .also = {kRelay, kRoute},
     .ends = both_ways(kWebEnds),
     .arity = Arity::value,
     .value = "TOKEN",
     .summary = "Send TOKEN as Authorization: Bearer",
     .text = "Whoever lists processes sees it here, but not in RT_BEARER or --bearer-file.",
     .conflicts = "bearer-file user password-file",
     .secret = Secret::yes,
     .binding = string<&O::bearer, read_bearer>()},
    {.name = "bearer-file",
     .group = Group::security,
     .scope = {kWeb, kClient},
     .also = {kRelay, kRoute},
     .common = {kWeb | kRelay, kClient | kRoute},
     .ends = both_ways(kWebEnds),
     .arity = Arity::value,
     .value = "FILE",
     .completes = Completes::file,
     .summary = "Read the bearer token from FILE",
     .conflicts = "bearer user password-file",
     .binding = string<&O::bearer_file, read_word>()},
    {.name = "cacert",
     .group = Group::security,
     .scope = {kClients, kClient},
     .also = {kRelay, kRoute | kServe},
     .common = {kAll, kClient | kRoute},
     .ends = both_ways(kRemoteEnds),
     .arity = Arity::value,
     .value = "FILE",
     .completes = Completes::file,
     .summary = "Trust these certificates (PEM)",
     .conflicts = "psk-identity",
     .binding = tls_file<&TlsOptions::ca_file>()},
    {.name = "cert",
     .group = Group::security,
     .scope = {kClients, kClient},
     .also = {kRelay, kRoute | kServe},
     .ends = both_ways(kRemoteEnds),
     .arity = Arity::value,
     .value = "FILE",
     .completes = Completes::file,
     .summary = "Show this client certificate (PEM)",
     .conflicts = "psk-identity",
     .binding = tls_file<&TlsOptions::certificate_file>()},
    {.name = "key",
     .group = Group::security,
     .scope = {kClients, kClient},
     .also = {kRelay, kRoute | kServe},
     .ends = both_ways(kRemoteEnds),
     .arity = Arity::value,
     .value = "FILE",
     .completes = Completes::file,
     .summary = "Private key of --cert (PEM)",
     .conflicts = "psk-identity",
     .binding = tls_file<&TlsOptions::key_file>()},
    {.name = "insecure",
     .letter = 'k',
     .group = Group::security,
     .scope = {kClients, kClient},
     .also = {kRelay, kRoute | kServe},
     .common = {kAll, kClient | kRoute},
     .ends = both_ways(kRemoteEnds),
     .summary = "Do not check the server's certificate",
     .text = "Anyone between the two ends can then read and change everything.",
     .conflicts = "psk-identity",
     .binding = {[](Options& options, std::string_view) -> Problem {
                   options.tls.verify = Verify::none;
                   return {};
                 },
                 nullptr}},
};

}  // namespace

std::span<const OptionRow> connection_rows() {
  return kRows;
}

}  // namespace rt::cli
