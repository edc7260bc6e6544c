#include "io/net/tls.hpp"

#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <optional>
#include <sstream>

#include "base/text.hpp"
#include "io/http/response.hpp"

namespace rt {
namespace {

constexpr std::array<const char*, 5> kBundles = {
    "/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt",
    "/opt/homebrew/etc/openssl@3/cert.pem", "/usr/local/etc/openssl@3/cert.pem",
    "/etc/ssl/cert.pem"};

std::string environment(const char* name) {
  const char* const value = std::getenv(name);
  return value == nullptr ? std::string() : std::string(value);
}

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

Result<void> check_pem(const std::string& path, std::string_view marker) {
  if (path.empty()) return {};
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  if (file) text << file.rdbuf();
  if (!file) return system_error(Fault::tls, "cannot read " + path, errno).as_fatal();
  if (!contains(text.str(), marker))
    return Error(Fault::tls, path + " has no PEM block '" + std::string(marker) + "'").as_fatal();
  return {};
}

}  // namespace

std::string trusted_file(const TlsOptions& options) {
  if (!options.ca_file.empty()) return options.ca_file;
  if (std::string named = environment("SSL_CERT_FILE"); !named.empty()) return named;
  for (const char* const bundle : kBundles)
    if (access(bundle, R_OK) == 0) return bundle;
  return {};
}

bool trust_is_more_than_file(const TlsOptions& options) {
  if (!options.ca_file.empty()) return false;
  return !environment("SSL_CERT_DIR").empty() || trusted_file(options).empty();
}

Result<void> check_tls_files(const TlsOptions& options) {
  const std::string trusted =
      options.ca_file.empty() ? environment("SSL_CERT_FILE") : options.ca_file;
  if (auto checked = check_pem(trusted, "CERTIFICATE-----"); !checked) return checked;
  if (auto checked = check_pem(options.certificate_file, "CERTIFICATE-----"); !checked)
    return checked;
  const std::string& key = options.key_file.empty() ? options.certificate_file : options.key_file;
  return check_pem(key, "PRIVATE KEY-----");
}

Error certificate_fault(std::string_view said) {
  std::string text = "the server's certificate is ";
  if (contains(said, "mismatch") || contains(said, "subject name")) {
    text += "for another name (" + printable(said) + "); -k skips the check";
  } else if (contains(said, "expired") || contains(said, "not yet valid")) {
    text += "not valid now (" + printable(said) + "); -k skips the check";
  } else {
    text += "not trusted (" + printable(said) + "); -k skips the check, --cacert names a CA";
  }
  // Nothing that time would mend.
  return Error(Fault::tls, std::move(text)).as_fatal();
}

Error answer_is_not_http(unsigned port) {
  return Error(Fault::protocol, "the answer is not HTTP").with_hint(another_protocol(port, "wss"));
}

namespace {

// libwebsockets says "proxy 403".
std::optional<Error> proxy_status(std::string_view said) {
  constexpr std::string_view kStart = "proxy ";
  if (!said.starts_with(kStart)) return std::nullopt;
  const auto status = parse_uint(trim(said.substr(kStart.size())));
  if (!status) return std::nullopt;
  std::string text = "the proxy did not open a tunnel: HTTP " + std::to_string(*status);
  const bool refused = *status == 401 || *status == 403 || *status == 407;
  std::string_view hint;
  if (*status == 407) hint = "credentials stand in http_proxy: http://USER:PASSWORD@HOST:PORT";
  if (*status < 500 && !refused) hint = "is it a proxy?";
  const Error error =
      Error(refused ? Fault::refused : Fault::network, std::move(text)).with_hint(hint);
  return *status < 500 ? error.as_fatal() : error;
}

// Under TLS many a server that wants a certificate just closes the connection.
std::string hint_for_silence(bool tls, unsigned port) {
  return tls ? "it may want a certificate: --cert" : another_protocol(port, "wss");
}

}  // namespace

Error handshake_fault(std::string_view said, bool tls, unsigned port) {
  if (const auto answered = proxy_status(said)) return *answered;
  struct Row {
    std::string_view part;
    Fault fault;
    std::string_view text;
  };
  static constexpr std::array<Row, 13> kRows = {{
      {"Accept hash wrong", Fault::protocol, "the server's Sec-WebSocket-Accept is wrong"},
      {"ACCEPT missing", Fault::protocol, "the server's answer has no Sec-WebSocket-Accept"},
      {"UPGRADE", Fault::protocol, "the server's answer does not upgrade the connection"},
      {"Upgrade to something", Fault::protocol, "the server upgrades to something else"},
      {"PROTOCOL malformed", Fault::protocol,
       "the server chose a subprotocol that was not offered"},
      {"EXT:", Fault::protocol, "the server chose an extension that was not offered"},
      {"problems parsing header", Fault::protocol, "the server's answer is not HTTP"},
      {"URI missing", Fault::protocol, "the server's answer is not HTTP"},
      {"proxy conn dead", Fault::network, "the proxy closed the connection"},
      {"proxy not h1", Fault::protocol, "the proxy's answer is not HTTP"},
      {"proxy", Fault::network, "the proxy did not open a tunnel"},
      {"Peer hung up", Fault::network, "the server closed the connection without an answer"},
      {"read failed", Fault::network, "the server closed the connection without an answer"},
  }};
  for (const Row& row : kRows) {
    if (!contains(said, row.part)) continue;
    const Error error(row.fault, std::string(row.text));
    const bool silent = row.fault == Fault::network && !contains(row.part, "proxy");
    return silent ? error.with_hint(hint_for_silence(tls, port)) : error;
  }
  // lws knows no more than that: under TLS it is one more end of "read failed", which of the two
  // is a matter of time.
  if (said == "closed")
    return Error(Fault::network, tls ? "the server closed the connection without an answer"
                                     : "the connection was lost during the handshake")
        .with_hint(hint_for_silence(tls, port));
  // What lws tells of the TLS library's errors says nothing.
  if (tls && contains(said, "connect "))
    return Error(Fault::tls, "the TLS handshake failed")
        .with_hint("perhaps the port speaks clear text: ws://");
  const Error broke =
      Error(Fault::network, "the connection broke during the handshake").with_hint(printable(said));
  if (!tls) return broke;
  return Error(Fault::network, broke.text() + ": the server may want a certificate")
      .with_hint("--cert");
}

}  // namespace rt
