// What curl's codes and sentences mean, and what to do about it.
#include <curl/curl.h>

#include <optional>

#include "base/text.hpp"
#include "io/http/curl_setup.hpp"
#include "io/http/response.hpp"
#include "io/net/tls.hpp"
#include "io/trace/redact.hpp"

namespace rt {
namespace {

Fault fault_of(int code) {
  switch (code) {
    case CURLE_URL_MALFORMAT:
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CACERT_BADFILE:
      return Fault::usage;
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_ENGINE_NOTFOUND:
    case CURLE_SSL_ENGINE_SETFAILED:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_CRL_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_PINNEDPUBKEYNOTMATCH:
    case CURLE_SSL_INVALIDCERTSTATUS:
    case CURLE_USE_SSL_FAILED:
    case CURLE_SSL_CLIENTCERT:
      return Fault::tls;
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_BAD_CONTENT_ENCODING:
    case CURLE_TOO_MANY_REDIRECTS:
    case CURLE_WRITE_ERROR:
    case CURLE_FILESIZE_EXCEEDED:
      return Fault::protocol;
    case CURLE_OUT_OF_MEMORY:
    case CURLE_FAILED_INIT:
    case CURLE_BAD_FUNCTION_ARGUMENT:
      return Fault::other;
    default:
      return Fault::network;
  }
}

std::string url_of(CURL* easy) {
  char* url = nullptr;
  curl_easy_getinfo(easy, CURLINFO_EFFECTIVE_URL, &url);
  return url == nullptr ? "" : url;
}

unsigned port_of(CURL* easy) {
  const std::string origin = origin_of(url_of(easy), {}).value_or("");
  return static_cast<unsigned>(parse_uint(origin.substr(origin.rfind(':') + 1)).value_or(0));
}

// For whoever spoke clear text to a port that does not answer as HTTP does.
std::string clear_text_hint(CURL* easy) {
  return another_protocol(port_of(easy), url_of(easy).starts_with("http:") ? "https" : "");
}

std::string host_in_url(CURL* easy) {
  std::string host = origin_of(url_of(easy), {}).value_or("://the host:");
  host.erase(0, host.find("://") + 3);
  return host.substr(0, host.rfind(':'));
}

// " to the proxy HOST:PORT" when what could not be reached is one. `said` is curl's sentence:
// "Failed to connect to HOST port PORT after ...".
std::string to_proxy(CURL* easy, std::string_view said) {
  constexpr std::string_view kStart = "Failed to connect to ";
  if (!said.starts_with(kStart)) return {};
  said.remove_prefix(kStart.size());
  const std::string_view host = said.substr(0, said.find(' '));
  constexpr std::string_view kPort = " port ";
  const std::size_t at = said.find(kPort);
  if (at == std::string_view::npos) return {};
  std::string_view port = said.substr(at + kPort.size());
  port = port.substr(0, port.find_first_not_of("0123456789"));
  const std::optional<std::string> wanted = origin_of(url_of(easy), {});
  const std::string reached = std::string(host) + ":" + std::string(port);
  if (!wanted || wanted->ends_with("/" + reached) ||
      wanted->ends_with("[" + std::string(host) + "]:" + std::string(port)))
    return {};
  return " to the proxy " + reached;
}

// A proxy's answer to CONNECT, when it was not the one that was hoped for.
std::optional<Error> proxy_refusal(CURL* easy) {
  long status = 0;
  curl_easy_getinfo(easy, CURLINFO_HTTP_CONNECTCODE, &status);
  if (status < 300) return std::nullopt;
  std::string text = "the proxy did not open a tunnel: HTTP " + std::to_string(status);
  const bool refused = status == 401 || status == 403 || status == 407;
  const bool odd = status < 500 && !refused;
  const Error error = Error(refused ? Fault::refused : Fault::network, std::move(text))
                          .with_hint(odd             ? "is it a proxy?"
                                     : status == 407 ? advice_on(407)
                                                     : std::string_view());
  return status < 500 ? error.as_fatal() : error;
}

bool is_redirect(CURL* easy) {
  long status = 0;
  curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
  return status >= 300 && status < 400;
}

bool connected(CURL* easy) {
  curl_off_t since_start = 0;
  curl_easy_getinfo(easy, CURLINFO_PRETRANSFER_TIME_T, &since_start);
  return since_start > 0;
}

bool heard(CURL* easy) {
  long status = 0;
  curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
  return status != 0;
}

// What the TLS library says, as something to do about it; nullopt where there is no more to say.
std::optional<Error> tls_error(int code, const std::string& said, std::string_view scheme) {
  const auto contains = [&](std::string_view part) { return said.find(part) != std::string::npos; };
  if (code == CURLE_PEER_FAILED_VERIFICATION) {
    std::string_view why = said;
    for (const std::string_view start : {"SSL certificate problem: ", "SSL: "})
      if (why.starts_with(start)) why.remove_prefix(start.size());
    return certificate_fault(why);
  }
  // The server's view of our certificate; with TLS 1.3 it comes behind the handshake.
  for (const std::string_view alert :
       {"certificate required", "bad certificate", "unknown ca", "certificate unknown",
        "certificate expired", "certificate revoked", "unsupported certificate"}) {
    if (contains("alert " + std::string(alert)))
      return Error(Fault::tls, "the server does not accept this client's certificate (" +
                                   std::string(alert) + "); --cert and --key give one")
          .as_fatal();
  }
  if (code == CURLE_SSL_CERTPROBLEM)
    return Error(Fault::usage, contains("private key")
                                   ? "the key of --key is not the certificate's of --cert, or "
                                     "cannot be read (" +
                                         said + ")"
                                   : "the certificate of --cert cannot be used (" + said + ")")
        .as_fatal();
  if (code == CURLE_SSL_CACERT_BADFILE)
    return Error(Fault::usage, "the certificates of --cacert cannot be used (" + said + ")")
        .as_fatal();
  if (code != CURLE_SSL_CONNECT_ERROR) return std::nullopt;
  if (contains("alert handshake failure"))
    return Error(Fault::tls, "the server refuses the TLS handshake")
        .with_hint("it may want a certificate: --cert");
  for (const std::string_view part :
       {"wrong version number", "packet length too long", "unknown protocol", "http request",
        "record layer failure", "unexpected message", "SSL_ERROR_SYSCALL", "unexpected eof",
        "Connection reset by peer"}) {
    if (contains(part))
      return Error(Fault::tls, "the TLS handshake failed")
          .with_hint("perhaps the port speaks clear text: " + std::string(scheme) + "://");
  }
  return Error(Fault::tls, "the TLS handshake failed: " + said);
}

}  // namespace

Error cannot_resolve(std::string_view host) {
  return Error(Fault::network, "cannot resolve " + printable(host) +
                                   ": the name is unknown, or no name server answers");
}

Error transfer_error(void* handle, int code, const char* text, std::string_view scheme) {
  CURL* const easy = handle;
  std::string why = text != nullptr && *text != '\0'
                        ? redacted(text)
                        : curl_easy_strerror(static_cast<CURLcode>(code));
  std::string hint;
  Fault fault = fault_of(code);
  long os_error = 0;
  curl_easy_getinfo(easy, CURLINFO_OS_ERRNO, &os_error);
  if (std::optional<Error> tls = tls_error(code, why, scheme)) return *std::move(tls);
  switch (code) {
    case CURLE_COULDNT_CONNECT:
      if (os_error != 0) {
        return system_error(fault, "cannot connect" + to_proxy(easy, why),
                            static_cast<int>(os_error));
      }
      break;
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
      return cannot_resolve(code == CURLE_COULDNT_RESOLVE_PROXY ? "the proxy" : host_in_url(easy));
    case CURLE_TOO_MANY_REDIRECTS:
      why = "more than " + std::to_string(kMostRedirects) + " redirects: they go in a circle";
      break;
    case CURLE_UNSUPPORTED_PROTOCOL:
      // Of the URL, or the answer is not HTTP.
      if (!connected(easy)) break;
      fault = Fault::protocol;
      if (is_redirect(easy)) {
        why = "the server redirects to a URL that is not of HTTP";
        break;
      }
      why = "the answer is not HTTP";
      hint = clear_text_hint(easy);
      break;
    case CURLE_OPERATION_TIMEDOUT:
      if (connected(easy)) fault = Fault::timeout;
      break;
    case CURLE_GOT_NOTHING:
      why = "the server closed the connection without an answer";
      hint = clear_text_hint(easy);
      break;
    case CURLE_RECV_ERROR:
    case CURLE_SEND_ERROR:
      if (const auto refused = proxy_refusal(easy)) return *refused;
      // curl has no code of its own for it.
      if (why.find("chunk") != std::string::npos || why.find("hexadecimal") != std::string::npos)
        return Error(Fault::protocol, "the answer's chunks are broken: " + why);
      if (os_error != 0) {
        Error lost = system_error(fault, "connection lost", static_cast<int>(os_error));
        if (scheme != "http" || heard(easy)) return lost;
        return lost.with_hint(another_protocol(port_of(easy), {}));
      }
      why = "connection lost: " + why;
      break;
    case CURLE_PARTIAL_FILE:
      why = "connection lost in the middle of the answer";
      break;
    default:
      break;
  }
  const Error error = Error(fault, std::move(why)).with_hint(hint);
  // A file of ours that cannot be used will be no better the next time.
  return fault == Fault::tls ? error.as_fatal() : error;
}

}  // namespace rt
