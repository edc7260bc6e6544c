#include "cli/dry_run/connection_sentences.hpp"

#include <string_view>
#include <vector>

#include "base/text.hpp"
#include "cli/options/wording.hpp"
#include "model/proxy_url.hpp"

namespace rt::cli {
namespace {

std::string host_of(const Endpoint& endpoint) {
  return "host " + printable(endpoint.host, 256) + ", port " + std::to_string(endpoint.port);
}

// A query may sign the request.
std::string shown_path(const std::string& path) {
  const std::size_t mark = path.find('?');
  return printable(path.substr(0, mark), 256) + (mark == std::string::npos ? "" : "?***");
}

}  // namespace

std::string file_named(const std::string& path) {
  return printable(path, 256);
}

void ConnectionSentences::connection(const Endpoint& endpoint, const Options& own) {
  std::string line = "Connect to " + endpoint.display() + " (" + host_of(endpoint) +
                     (endpoint.tls ? ", TLS)." : ", clear text).");
  say(line);
  if (endpoint.websocket)
    say("Open a WebSocket there, with the path " + shown_path(own.ws_path) +
        " and the subprotocol mqtt.");
  if (endpoint.transport == Transport::mqtt && own.follow_redirect)
    say("Go once where the broker sends its clients.");
  network(own.network);
  security(endpoint, own);
  authentication(endpoint, own);
}

void ConnectionSentences::network(const NetworkOptions& network) {
  const std::string proxy = network.proxy ? shown_proxy(*network.proxy) : facts_.proxy;
  if (!facts_.proxy.empty() || (verb_ == Verb::relay && !proxy.empty()))
    say("Go through the proxy " + printable(proxy, 256) + ".");
  if (!network.unix_socket.empty())
    say("Use the Unix socket " + file_named(network.unix_socket) + ".");
  for (const std::string& entry : network.resolve) say("Resolve by " + printable(entry) + ".");
  if (!network.interface.empty()) say("Connect from " + printable(network.interface) + ".");
  if (network.family != AddressFamily::any)
    say(network.family == AddressFamily::v4 ? "Use IPv4 alone." : "Use IPv6 alone.");
}

void ConnectionSentences::security(const Endpoint& endpoint, const Options& own) {
  if (!endpoint.tls) return;
  const TlsOptions& tls = own.tls;
  const bool psk = !tls.psk_identity.empty() && endpoint.transport == Transport::mqtt;
  if (psk)
    say("Be " + printable(tls.psk_identity, 256) + " by a pre-shared key, without certificates.");
  else if (tls.verify == Verify::none)
    say("Do not check the server's certificate.");
  else
    say("Trust " +
        (tls.ca_file.empty() ? std::string("the system's certificates") : file_named(tls.ca_file)) +
        ".");
  if (!tls.certificate_file.empty())
    say("Show the certificate " + file_named(tls.certificate_file) + ".");
  if (!tls.alpn.empty() && endpoint.transport == Transport::mqtt && !endpoint.websocket)
    say("Say by ALPN that " + printable(tls.alpn, 256) + " will be spoken.");
  if (tls.most != TlsVersion::newest)
    say(std::string("Speak TLS 1.") + (tls.most == TlsVersion::v1_2 ? "2" : "3") + " at most.");
}

void ConnectionSentences::authentication(const Endpoint& endpoint, const Options& own) {
  const bool of_url = own.user.empty();
  const std::string& user = of_url ? endpoint.user : own.user;
  if (!user.empty()) {
    std::string from = "asked for on the terminal";
    if (of_url && endpoint.has_password)
      from = "of the URL";
    else if (own.password && facts_.password_is_variable)
      from = "of RT_PASSWORD";
    else if (own.password)
      from = "that was given";
    else if (!own.password_file.empty())
      from = "in " + file_named(own.password_file);
    say("Authenticate as " + printable(user) + ", with the password " + from + ".");
  }
  if (own.netrc && !own.password && own.bearer.empty())
    say("Look for user and password in " +
        (own.netrc_file.empty() ? std::string("~/.netrc") : file_named(own.netrc_file)) + ".");
  if (!own.bearer.empty()) say("Authenticate with the bearer token that was given.");
  if (own.bearer.empty() && !own.bearer_file.empty())
    say("Authenticate with the bearer token in " + file_named(own.bearer_file) + ".");
}

void ConnectionSentences::request(const Options& own) {
  const bool asks_with_body = verb_ != Verb::pub && verb_ != Verb::pipe && !own.data.empty();
  if (asks_with_body || !own.method.empty())
    say("Ask with " + (own.method.empty() ? std::string("POST") : printable(own.method)) +
        (asks_with_body ? ", and send the body that was given." : "."));
  if (!own.headers.empty()) {
    std::vector<std::string_view> names;
    for (const auto& [name, value] : own.headers) names.push_back(name);
    say("Send the " + std::string(names.size() == 1 ? "header " : "headers ") +
        listed(names, "and") + ".");
  }
  if (!own.origin.empty()) say("Send the origin " + printable(own.origin) + ".");
  if (!own.subprotocols.empty()) {
    const std::vector<std::string_view> names(own.subprotocols.begin(), own.subprotocols.end());
    say("Offer the subprotocol " + listed(names) + ".");
  }
  if (own.no_location) say("Do not follow redirects.");
  if (!own.cookie_jar.empty()) say("Keep cookies in " + file_named(own.cookie_jar) + ".");
  if (own.compress) say("Offer compression (permessage-deflate).");
  if (own.dialect.kind != DialectKind::none)
    say("Speak " + std::string(name_of(own.dialect.kind)) + " in its messages" +
        (own.dialect.place.empty() ? "" : ", at " + printable(own.dialect.place)) +
        (own.ack ? ", with acknowledgements." : "."));
  if (!own.opening.empty()) say("At each connection, say first what was given for that.");
  if (own.hub) say("Take the other side for an rtwire hub.");
}

}  // namespace rt::cli
