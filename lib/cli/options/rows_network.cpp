#include <algorithm>

#include "base/text.hpp"
#include "cli/options/rows.hpp"
#include "model/host.hpp"
#include "model/proxy_url.hpp"

namespace rt::cli {
namespace {

Problem apply_proxy(Options& options, std::string_view text) {
  std::string url;
  if (Problem problem = read_line(text, url); !problem.empty()) return problem;
  if (!url.empty()) {
    if (const Result<void> checked = check_proxy_url(url); !checked) return checked.error().text();
  }
  options.network.proxy = std::move(url);
  return {};
}

bool is_address(std::string_view text) {
  if (text.starts_with('[') && text.ends_with(']')) text = text.substr(1, text.size() - 2);
  return is_ipv4(text) || is_ipv6(text);
}

Problem apply_resolve(Options& options, std::string_view text) {
  constexpr const char* kWrong = "not HOST:PORT:ADDRESS, such as h.example:443:127.0.0.1";
  std::string entry;
  if (Problem problem = read_line(text, entry); !problem.empty()) return problem;
  std::string_view rest = entry;
  if (rest.starts_with('+')) rest.remove_prefix(1);
  const std::size_t host = rest.find(':');
  if (host == std::string_view::npos || host == 0) return kWrong;
  const std::size_t port = rest.find(':', host + 1);
  if (port == std::string_view::npos) return kWrong;
  const std::string_view name = rest.substr(0, host);
  if (name != "*" && !parse_host_port(name)) return kWrong;
  if (!check_port(rest.substr(host + 1, port - host - 1), 1)) return kWrong;
  const auto addresses = split(rest.substr(port + 1), ',');
  if (!std::all_of(addresses.begin(), addresses.end(), is_address)) return kWrong;
  options.network.resolve.push_back(std::move(entry));
  return {};
}

Problem apply_unix_socket(Options& options, std::string_view text) {
  return read_word(text, options.network.unix_socket);
}

Problem apply_interface(Options& options, std::string_view text) {
  return read_word(text, options.network.interface);
}

Problem apply_location(Options& options, std::string_view) {
  options.no_location = false;
  return {};
}

Problem apply_netrc_file(Options& options, std::string_view text) {
  options.netrc = true;
  return read_word(text, options.netrc_file);
}

template <AddressFamily family>
Problem apply_family(Options& options, std::string_view) {
  options.network.family = family;
  return {};
}

Problem apply_tls_max(Options& options, std::string_view text) {
  if (text != "1.2" && text != "1.3") return "must be 1.2 or 1.3";
  options.tls.most = text == "1.2" ? TlsVersion::v1_2 : TlsVersion::v1_3;
  return {};
}

// What servers and OpenSSL have room for.
Problem apply_psk_identity(Options& options, std::string_view text) {
  if (text.empty() || text.size() > 127) return "must have 1 to 127 bytes";
  return read_word(text, options.tls.psk_identity);
}

Problem apply_alpn(Options& options, std::string_view text) {
  if (text.empty() || text.size() > 255) return "must have 1 to 255 bytes";
  return read_word(text, options.tls.alpn);
}

constexpr OptionRow kRows[] = {
    {.name = "proxy",
     .group = Group::connection,
     .scope = {kClients, kClient},
     .also = {kRelay, kRoute | kServe},
     .ends = both_ways(kRemoteEnds),
     .arity = Arity::value,
     .value = "PROXY",
     .summary = "Connect through this proxy (a URL)",
     .text = "http://, https://, socks4://, socks4a://, socks5:// or socks5h:// (which resolves "
             "names itself), with USER:PASSWORD@ where it wants a login: whoever lists processes "
             "sees that here, but not in RT_PROXY. '' connects directly. Without it "
             "https_proxy, http_proxy and all_proxy name one; hosts in NO_PROXY go without, also "
             "with it.",
     .conflicts = "unix-socket",
     .secret = Secret::yes,
     .binding = {apply_proxy, nullptr}},
    {.name = "resolve",
     .group = Group::connection,
     .scope = {kClients, kClient},
     .also = {kRelay, kRoute | kServe},
     .ends = both_ways(kRemoteEnds),
     .arity = Arity::list,
     .value = "ENTRY",
     .summary = "HOST:PORT:ADDRESS to use (repeatable)",
     .text = "In place of what name servers say; certificates are checked for HOST. ADDRESS may be "
             "several with commas between them, and HOST may be *.",
     .from_environment = false,
     .binding = {apply_resolve, nullptr}},
    {.name = "unix-socket",
     .group = Group::connection,
     .scope = {kClients, kClient},
     .also = {kRelay, kRoute | kServe},
     .ends = both_ways(kRemoteEnds),
     .arity = Arity::value,
     .value = "FILE",
     .completes = Completes::file,
     .summary = "Connect to this Unix socket",
     .text = "In place of the URL's host, which is still what requests name. No proxy is used, and "
             "redirects stay on the socket.",
     .conflicts = "proxy",
     .binding = {apply_unix_socket, nullptr}},
    {.name = "interface",
     .group = Group::connection,
     .scope = {kClients, kClient},
     .also = {kRelay, kRoute | kServe},
     .ends = both_ways(kRemoteEnds),
     .arity = Arity::value,
     .value = "NAME",
     .summary = "Connect from this interface or address",
     .binding = {apply_interface, nullptr}},
    {.name = "ipv4",
     .letter = '4',
     .group = Group::connection,
     .scope = {kClients, kClient},
     .also = {kRelay, kRoute | kServe},
     .ends = both_ways(kRemoteEnds),
     .summary = "Use IPv4 addresses of names alone",
     .conflicts = "ipv6",
     .binding = {apply_family<AddressFamily::v4>, nullptr}},
    {.name = "ipv6",
     .letter = '6',
     .group = Group::connection,
     .scope = {kClients, kClient},
     .also = {kRelay, kRoute | kServe},
     .ends = both_ways(kRemoteEnds),
     .summary = "Use IPv6 addresses of names alone",
     .conflicts = "ipv4",
     .binding = {apply_family<AddressFamily::v6>, nullptr}},
    {.name = "location",
     .letter = 'L',
     .group = Group::connection,
     .scope = {kWeb, kClient},
     .also = {kRelay, kRoute},
     .ends = both_ways(kWebEnds),
     .summary = "Follow redirects, as is done anyway",
     .text =
         "What is published is sent on after 307 and 308 alone. Neither -H nor credentials go to "
         "another origin.",
     .conflicts = "no-location",
     .binding = {apply_location, nullptr}},
    {.name = "no-location",
     .group = Group::connection,
     .scope = {kWeb, kClient},
     .also = {kRelay, kRoute},
     .ends = both_ways(kWebEnds),
     .summary = "Do not follow redirects",
     .text = "One is then a refusal, which names where it leads.",
     .conflicts = "location",
     .binding = flag<&O::no_location>()},
    {.name = "cookie-jar",
     .group = Group::connection,
     .scope = {kWeb, kClient},
     .also = {kRelay, kRoute},
     .ends = both_ways(kWebEnds),
     .arity = Arity::value,
     .value = "FILE",
     .completes = Completes::file,
     .summary = "Keep cookies in FILE, as curl's -b and -c do",
     .text = "Those in it are sent, and what servers set is written to it. Without it cookies are "
             "kept for the run alone.",
     .conflicts = "no-cookies",
     .binding = string<&O::cookie_jar, read_word>()},

    {.name = "netrc",
     .group = Group::security,
     .scope = {kClients, kClient},
     .also = {kRelay, kRoute | kServe},
     .ends = both_ways(kRemoteEnds),
     .summary = "Take user and password from .netrc",
     .text =
         "By the URL's host, and only where none are given. Not for hosts that a redirect leads "
         "to.",
     .binding = flag<&O::netrc>()},
    {.name = "netrc-file",
     .group = Group::security,
     .scope = {kClients, kClient},
     .also = {kRelay, kRoute | kServe},
     .ends = both_ways(kRemoteEnds),
     .arity = Arity::value,
     .value = "FILE",
     .completes = Completes::file,
     .summary = "The same from this file",
     .binding = {apply_netrc_file, nullptr}},
    {.name = "key-password-file",
     .group = Group::security,
     .scope = {kClients, kClient},
     .also = {kRelay, kRoute | kServe},
     .ends = both_ways(kRemoteEnds),
     .arity = Arity::value,
     .value = "FILE",
     .completes = Completes::file,
     .summary = "Read the password of --key from FILE",
     .text = "Its first line. RT_KEY_PASSWORD gives it as well, or else it is asked for.",
     .binding = string<&O::key_password_file, read_word>()},
    {.name = "tls-max",
     .group = Group::security,
     .scope = {kClients, kClient},
     .also = {kRelay, kRoute | kServe},
     .ends = both_ways(kRemoteEnds),
     .arity = Arity::value,
     .value = "VERSION",
     .choices = "1.2 1.3",
     .summary = "Newest version of TLS to speak",
     .binding = {apply_tls_max, nullptr}},
    {.name = "psk-identity",
     .group = Group::security,
     .scope = {kMqtt, kClient},
     .also = {kRelay, kRoute | kServe},
     .ends = both_ways(kMqttEnd),
     .arity = Arity::value,
     .value = "NAME",
     .summary = "Who we are by a pre-shared key, at mqtts://",
     .text = "In the place of certificates. The key is hexadecimal, in RT_PSK or --psk-file. Not "
             "over WebSocket.",
     .conflicts = "cacert cert key insecure",
     .binding = {apply_psk_identity, nullptr}},
    {.name = "psk-file",
     .group = Group::security,
     .scope = {kMqtt, kClient},
     .also = {kRelay, kRoute | kServe},
     .ends = both_ways(kMqttEnd),
     .arity = Arity::value,
     .value = "FILE",
     .completes = Completes::file,
     .summary = "Read the key of --psk-identity from FILE",
     .text = "Its first line.",
     .needs = "psk-identity",
     .binding = string<&O::psk_file, read_word>()},
    {.name = "alpn",
     .group = Group::security,
     .scope = {kMqtt, kClient},
     .also = {kRelay, kRoute | kServe},
     .ends = both_ways(kMqttEnd),
     .arity = Arity::value,
     .value = "NAME",
     .summary = "Tell an MQTT server this protocol name (ALPN)",
     .text = "Such as x-amzn-mqtt-ca at AWS' port 443. Not over WebSocket.",
     .binding = {apply_alpn, nullptr}},
};

}  // namespace

std::span<const OptionRow> network_rows() {
  return kRows;
}

}  // namespace rt::cli
