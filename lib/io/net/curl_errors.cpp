#include "io/net/curl_errors.hpp"

#include <curl/curl.h>

#include "base/text.hpp"
#include "io/net/curl_connection.hpp"
#include "io/net/faults.hpp"
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

std::string host_in_url(CURL* easy) {
  std::string host = origin_of(effective_url(easy), {}).value_or("://the host:");
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
  const std::optional<std::string> wanted = origin_of(effective_url(easy), {});
  const std::string reached = std::string(host) + ":" + std::string(port);
  if (!wanted || wanted->ends_with("/" + reached) ||
      wanted->ends_with("[" + std::string(host) + "]:" + std::string(port)))
    return {};
  return " to the proxy " + reached;
}

// A proxy's answer to CONNECT, when it was not the one that was hoped for.
std::optional<Error> proxy_fault(CURL* easy) {
  long status = 0;
  curl_easy_getinfo(easy, CURLINFO_HTTP_CONNECTCODE, &status);
  if (status < 300) return std::nullopt;
  return proxy_refusal(static_cast<std::uint64_t>(status), advice_on(407));
}

// What the TLS library says, as something to do about it; nullopt where there is no more to say.
std::optional<Error> tls_fault(int code, const std::string& said, std::string_view scheme) {
  if (code == CURLE_PEER_FAILED_VERIFICATION) {
    std::string_view why = said;
    for (const std::string_view start : {"SSL certificate problem: ", "SSL: "})
      if (why.starts_with(start)) why.remove_prefix(start.size());
    return certificate_fault(why);
  }
  if (auto refused = own_certificate_fault(said)) return refused;
  if (code == CURLE_SSL_CERTPROBLEM)
    return Error(Fault::usage, said.find("private key") != std::string::npos
                                   ? "the key of --key is not the certificate's of --cert, or "
                                     "cannot be read (" +
                                         said + ")"
                                   : "the certificate of --cert cannot be used (" + said + ")")
        .as_fatal();
  if (code == CURLE_SSL_CACERT_BADFILE)
    return Error(Fault::usage, "the certificates of --cacert cannot be used (" + said + ")")
        .as_fatal();
  if (code != CURLE_SSL_CONNECT_ERROR) return std::nullopt;
  return tls_handshake_fault(said, scheme);
}

int system_error_of(CURL* easy) {
  long number = 0;
  curl_easy_getinfo(easy, CURLINFO_OS_ERRNO, &number);
  return static_cast<int>(number);
}

}  // namespace

bool connection_stood(void* easy) {
  curl_off_t since_start = 0;
  curl_easy_getinfo(easy, CURLINFO_PRETRANSFER_TIME_T, &since_start);
  return since_start > 0;
}

std::string said_by_curl(int code, const char* text) {
  return text != nullptr && *text != '\0' ? redacted(text)
                                          : curl_easy_strerror(static_cast<CURLcode>(code));
}

std::optional<Error> connecting_fault(void* easy, int code, const std::string& said,
                                      std::string_view scheme) {
  if (auto tls = tls_fault(code, said, scheme)) return tls;
  switch (code) {
    case CURLE_COULDNT_CONNECT:
      if (const int number = system_error_of(easy); number != 0)
        return system_error(Fault::network, "cannot connect" + to_proxy(easy, said), number);
      return std::nullopt;
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
      return cannot_resolve(code == CURLE_COULDNT_RESOLVE_PROXY ? "the proxy" : host_in_url(easy));
    case CURLE_RECV_ERROR:
    case CURLE_SEND_ERROR:
      if (said.find("Proxy CONNECT aborted") != std::string::npos)
        return Error(Fault::network, "the proxy closed the connection").with_hint("is it a proxy?");
      return proxy_fault(easy);
    default:
      return std::nullopt;
  }
}

Error ending_fault(void* easy, int code, const std::string& said) {
  const Fault fault = fault_of(code);
  if (code == CURLE_RECV_ERROR || code == CURLE_SEND_ERROR) {
    if (const int number = system_error_of(easy); number != 0)
      return system_error(fault, "connection lost", number);
    return Error(fault, "connection lost: " + said);
  }
  if (code == CURLE_OPERATION_TIMEDOUT && connection_stood(easy))
    return Error(Fault::timeout, said);
  const Error error(fault, said);
  // A file of ours that cannot be used will be no better the next time.
  return fault == Fault::tls ? error.as_fatal() : error;
}

Error connection_error(void* easy, int code, const char* text, std::string_view scheme) {
  const std::string said = said_by_curl(code, text);
  if (auto fault = connecting_fault(easy, code, said, scheme)) return *std::move(fault);
  return ending_fault(easy, code, said);
}

}  // namespace rt
