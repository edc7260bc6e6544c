#include "io/net/faults.hpp"

#include "base/text.hpp"

namespace rt {
namespace {

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

}  // namespace

Error cannot_resolve(std::string_view host) {
  return Error(Fault::network, "cannot resolve " + printable(host) +
                                   ": the name is unknown, or no name server answers")
      .because_of(Cause::unknown_name);
}

std::string another_protocol(unsigned port, std::string_view secure_url) {
  constexpr unsigned kMqtt = 1883;
  constexpr unsigned kMqtts = 8883;
  if (port == kMqtt || port == kMqtts) return "perhaps the port speaks MQTT: rtmqtt";
  if (secure_url.empty()) return {};
  return "perhaps the port speaks TLS: " + std::string(secure_url);
}

Error silence(Milliseconds time) {
  return Error(Fault::network, "nothing came for " + seconds_text(time.count()) +
                                   ": the connection is taken for dead");
}

Error proxy_refusal(std::uint64_t status, std::string_view credentials) {
  std::string text = "the proxy did not open a tunnel: HTTP " + std::to_string(status);
  const bool refused = status == 401 || status == 403 || status == 407;
  std::string_view hint;
  // Some proxies say 401 of a login that is wrong.
  if (status == 401 || status == 407) hint = credentials;
  if (status < 500 && !refused) hint = "is it a proxy?";
  const Error error =
      Error(refused ? Fault::refused : Fault::network, std::move(text)).with_hint(hint);
  return status < 500 ? error.as_fatal() : error;
}

Error certificate_fault(std::string_view said, CertificateOf whose) {
  const bool of_server = whose == CertificateOf::server;
  const std::string_view skip = of_server ? "; -k skips the check" : "";
  std::string text = of_server ? "the server's certificate is " : "the proxy's certificate is ";
  const std::string why = " (" + printable(said) + ")";
  if (contains(said, "mismatch") || contains(said, "subject name")) {
    text.append("for another name").append(why).append(skip);
  } else if (contains(said, "expired") || contains(said, "not yet valid")) {
    text.append("not valid now").append(why).append(skip);
  } else {
    text.append("not trusted").append(why).append(skip);
    text.append(of_server ? ", --cacert names a CA" : "; --cacert names a CA");
  }
  // Nothing that time would mend.
  return Error(Fault::tls, std::move(text)).as_fatal();
}

// With TLS 1.3 it comes behind the handshake.
std::optional<Error> own_certificate_fault(std::string_view said) {
  for (const std::string_view alert :
       {"certificate required", "bad certificate", "unknown ca", "certificate unknown",
        "certificate expired", "certificate revoked", "unsupported certificate"}) {
    if (contains(said, "alert " + std::string(alert)))
      return Error(Fault::tls, "the server does not accept this client's certificate (" +
                                   std::string(alert) + "); --cert and --key give one")
          .as_fatal();
  }
  return std::nullopt;
}

Error tls_handshake_fault(std::string_view said, std::string_view clear_url) {
  if (contains(said, "alert handshake failure"))
    return Error(Fault::tls, "the server refuses the TLS handshake")
        .with_hint("it may want a certificate: --cert");
  for (const std::string_view part :
       {"wrong version number", "packet length too long", "unknown protocol", "http request",
        "record layer failure", "unexpected message", "SSL_ERROR_SYSCALL", "unexpected eof",
        "Connection reset by peer"}) {
    if (contains(said, part))
      return Error(Fault::tls, "the TLS handshake failed")
          .with_hint("perhaps the port speaks clear text: " + std::string(clear_url));
  }
  return Error(Fault::tls, "the TLS handshake failed: " + std::string(said));
}

bool may_pass(int status) {
  // A method that a server does not know today (501) it does not know tomorrow.
  const bool never = status == 501 || status == 505;
  return status == 408 || status == 425 || status == 429 || (status >= 500 && !never);
}

std::string_view advice_on(int status) {
  switch (status) {
    case 401:
      return "credentials are missing or wrong: -u, --bearer-file";
    case 403:
      return "it wants other credentials, or another --origin";
    case 404:
      return "is the path right?";
    case 405:
      return "is the path right, and is it one to publish to?";
    case 407:
      return "the proxy wants credentials: http://USER:PASSWORD@HOST:PORT";
    case 413:
      return "the message is longer than the server takes";
    case 415:
      return "the server takes another --content-type";
    case 426:
      return "it may want another --subprotocol";
    default:
      return {};
  }
}

}  // namespace rt
