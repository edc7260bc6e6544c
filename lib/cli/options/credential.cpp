#include "cli/options/credential.hpp"

#include <algorithm>
#include <string>

#include "cli/options/wording.hpp"

namespace rt::cli {
namespace {

using Kind = RelayEndpoint::Kind;

constexpr std::uint16_t kWebEnds =
    kind_bit(Kind::poll) | kind_bit(Kind::sse) | kind_bit(Kind::ws) | kind_bit(Kind::http);
constexpr std::uint16_t kRemoteEnds = kWebEnds | kind_bit(Kind::mqtt);

constexpr CredentialRow kRows[] = {
    {Credential::user, "user", kRemoteEnds, false,
     "name the user in its URL (SCHEME://USER@HOST) or write --user", "user"},
    {Credential::password, "password-file", kRemoteEnds, false, "write --password-file",
     "password-file"},
    {Credential::bearer, "bearer bearer-file", kWebEnds, false, "write --bearer-file",
     "bearer-file"},
    {Credential::header, "header", kRemoteEnds, false, "write --header", "header"},
    {Credential::certificate, "cert key key-password-file", kRemoteEnds, true,
     "write --cert and --key", "cert and key"},
    {Credential::psk, "psk-identity psk-file", kind_bit(Kind::mqtt), true,
     "write --psk-identity and --psk-file", "psk-identity and psk-file"},
    {Credential::will, "will-topic will-payload will-qos will-retain", kind_bit(Kind::mqtt), false,
     "write --will-topic and --will-payload", "will-topic and will-payload"},
    {Credential::socket, "unix-socket", kRemoteEnds, false, "write --unix-socket", "unix-socket"},
    {Credential::cookies, "cookie-jar", kWebEnds, false, "write --cookie-jar", "cookie-jar"},
};

bool among(std::string_view name, std::string_view names) {
  while (!names.empty()) {
    const std::size_t space = names.find(' ');
    if (names.substr(0, space) == name) return true;
    names = space == std::string_view::npos ? std::string_view() : names.substr(space + 1);
  }
  return false;
}

bool is_given(Credential credential, const Options& own) {
  switch (credential) {
    case Credential::user:
      return !own.user.empty();
    case Credential::password:
      // What comes with a user's name is for that user.
      return own.password_from != PasswordFrom::user &&
             (own.password || !own.password_file.empty());
    case Credential::bearer:
      return !own.bearer.empty() || !own.bearer_file.empty();
    case Credential::header:
      return !own.headers.empty();
    case Credential::certificate:
      return !own.tls.certificate_file.empty() || !own.tls.key_file.empty();
    case Credential::psk:
      return !own.tls.psk_identity.empty();
    case Credential::will:
      return !own.will_topic.empty();
    case Credential::socket:
      return !own.network.unix_socket.empty();
    case Credential::cookies:
      return !own.cookie_jar.empty();
  }
  return false;
}

// Whether the end's own table says it, or the command line behind the end.
bool is_own(const CredentialRow& row, const Options& own) {
  if (row.credential == Credential::password && own.password_from == PasswordFrom::endpoint)
    return true;
  return std::any_of(own.of_endpoint.begin(), own.of_endpoint.end(),
                     [&](const std::string& name) { return among(name, row.options); });
}

// What is told to one of them is told to both. A password is a user's, and of two that write one
// file the last one wins.
bool same_taker(Credential credential, const CredentialEnd& a, const CredentialEnd& b) {
  if (credential == Credential::cookies) return false;
  const Endpoint& one = a.endpoint->remote;
  const Endpoint& other = b.endpoint->remote;
  const bool server = one.host == other.host && one.port == other.port && one.tls == other.tls;
  const auto user = [](const CredentialEnd& end) {
    const std::string& named = end.endpoint->remote.user;
    return named.empty() ? end.own->user : named;
  };
  return server && (credential != Credential::password || user(a) == user(b));
}

// Where it was said, as people wrote it.
std::string source_of(const CredentialRow& row, const Options& own) {
  if (row.credential == Credential::password && own.password_from == PasswordFrom::variable)
    return "RT_PASSWORD";
  for (const auto& [name, origin] : own.origins) {
    if (among(name, row.options)) return origin.substr(0, origin.find_last_not_of("= ") + 1);
  }
  std::string_view name = row.options.substr(0, row.options.find(' '));
  if (row.credential == Credential::bearer && own.bearer.empty()) name = "bearer-file";
  return "--" + std::string(name);
}

}  // namespace

std::span<const CredentialRow> credential_table() {
  return kRows;
}

const CredentialRow* credential_of(std::string_view option) {
  const auto* found =
      std::find_if(std::begin(kRows), std::end(kRows),
                   [&](const CredentialRow& row) { return among(option, row.options); });
  return found == std::end(kRows) ? nullptr : found;
}

bool takes(const CredentialRow& row, const CredentialEnd& end) {
  if ((row.takers & kind_bit(end.endpoint->kind)) == 0) return false;
  if (!is_given(row.credential, *end.own) || is_own(row, *end.own)) return false;
  const Endpoint& remote = end.endpoint->remote;
  switch (row.credential) {
    case Credential::user:
    case Credential::bearer:
      return remote.user.empty();
    case Credential::password:
      return remote.user.empty() ? !end.own->user.empty() : !remote.has_password;
    case Credential::header:
      return end.endpoint->kind != Kind::mqtt || remote.websocket;
    default:
      return !row.needs_tls || remote.tls;
  }
}

Result<void> check_credentials(const std::vector<CredentialEnd>& ends) {
  for (const CredentialRow& row : kRows) {
    std::vector<CredentialEnd> takers;
    for (const CredentialEnd& end : ends) {
      const bool known = std::any_of(takers.begin(), takers.end(), [&](const CredentialEnd& taker) {
        return same_taker(row.credential, taker, end);
      });
      if (!known && takes(row, end)) takers.push_back(end);
    }
    if (takers.size() < 2) continue;
    std::vector<std::string> names;
    for (const CredentialEnd& taker : takers) names.push_back(taker.endpoint->display());
    return Error(Fault::usage,
                 source_of(row, *takers.front().own) + " is for one end, and " +
                     listed({names.begin(), names.end()}, "and") +
                     " could take it. Say whose it is: " + std::string(row.binding) +
                     " behind that end, or put " + std::string(row.keys) +
                     " below [endpoints.NAME] in the configuration file and write @NAME for "
                     "that end");
  }
  return {};
}

}  // namespace rt::cli
