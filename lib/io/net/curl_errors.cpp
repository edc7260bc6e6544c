#include "io/net/curl_errors.hpp"

#include <curl/curl.h>

#include <cerrno>

#include "base/text.hpp"
#include "io/net/curl_connection.hpp"
#include "io/net/faults.hpp"
#include "io/trace/redact.hpp"
#include "model/proxy_url.hpp"

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

// With the proxy itself, which is spoken to over TLS: no tunnel has been asked for yet.
bool is_of_proxy(CURL* easy) {
  const CurlNetwork* const network = network_of(easy);
  if (network == nullptr || !network->options().proxy) return false;
  long tunnel = 0;
  curl_easy_getinfo(easy, CURLINFO_HTTP_CONNECTCODE, &tunnel);
  return tunnel == 0 && ascii_lower(network->options().proxy->substr(0, 8)) == "https://";
}

// What the TLS library says, as something to do about it; nullopt where there is no more to say.
std::optional<Error> tls_fault(CURL* easy, int code, const std::string& said,
                               std::string_view clear_url) {
  if (code == CURLE_PEER_FAILED_VERIFICATION) {
    std::string_view why = said;
    for (const std::string_view start : {"SSL certificate problem: ", "SSL: "})
      if (why.starts_with(start)) why.remove_prefix(start.size());
    return certificate_fault(why, is_of_proxy(easy) ? CertificateOf::proxy : CertificateOf::server);
  }
  if (auto refused = own_certificate_fault(said)) return refused;
  const CurlNetwork* const network = network_of(easy);
  if (code == CURLE_SSL_CERTPROBLEM && network != nullptr && network->key_has_password() &&
      said.find("unable to set private key") != std::string::npos)
    return Error(Fault::usage, "the key of --key cannot be read: is its password right?")
        .as_fatal();
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
  if (is_of_proxy(easy))
    return Error(Fault::tls, "the TLS handshake with the proxy failed")
        .with_hint("perhaps it speaks clear text: http://" +
                   shown_proxy(*network->options().proxy).substr(8));
  return tls_handshake_fault(said, clear_url);
}

int system_error_of(CURL* easy) {
  long number = 0;
  curl_easy_getinfo(easy, CURLINFO_OS_ERRNO, &number);
  return static_cast<int>(number);
}

// What SOCKS says in numbers (RFC 1928, section 6).
std::optional<Error> socks_fault(CURL* easy, const std::string& said) {
  long why = 0;
  curl_easy_getinfo(easy, CURLINFO_PROXY_ERROR, &why);
  switch (why) {
    case CURLPX_NO_AUTH:
    case CURLPX_USER_REJECTED:
    case CURLPX_UNKNOWN_MODE:
      return Error(Fault::refused, "the proxy does not take the login (" + said + ")").as_fatal();
    case CURLPX_REPLY_NOT_ALLOWED:
      return Error(Fault::refused, "the proxy does not allow this connection").as_fatal();
    case CURLPX_BAD_VERSION:
    case CURLPX_CLOSED:
      return Error(Fault::network, "the proxy does not speak SOCKS (" + said + ")")
          .with_hint("is it an HTTP proxy? http://HOST:PORT");
    case CURLPX_REPLY_HOST_UNREACHABLE:
    case CURLPX_REPLY_NETWORK_UNREACHABLE:
    case CURLPX_REPLY_CONNECTION_REFUSED:
      return Error(Fault::network,
                   "the proxy cannot connect: " + std::string(why == CURLPX_REPLY_CONNECTION_REFUSED
                                                                  ? "connection refused"
                                                                  : "the host cannot be reached"));
    default:
      return Error(Fault::network, "the proxy did not connect (" + said + ")");
  }
}

// What stands in the way that the user chose (see NetworkOptions).
std::optional<Error> fault_of_way(CURL* easy, int code, const std::string& said) {
  const CurlNetwork* const set_up = network_of(easy);
  if (set_up == nullptr) return std::nullopt;
  const NetworkOptions* const network = &set_up->options();
  const bool connecting = code == CURLE_COULDNT_CONNECT || code == CURLE_COULDNT_RESOLVE_HOST;
  if (connecting && !network->unix_socket.empty()) {
    if (const int number = system_error_of(easy); number != 0)
      return system_error(Fault::network,
                          "cannot connect to the socket " + printable(network->unix_socket), number)
          .because_of(Cause::no_connection, number);
    return Error(Fault::usage, "--unix-socket cannot be used (" + said + ")").as_fatal();
  }
  if (code == CURLE_INTERFACE_FAILED)
    return Error(Fault::network, "cannot use the interface " + printable(network->interface) +
                                     ": no such name or address of this machine")
        .because_of(Cause::no_connection, EADDRNOTAVAIL);
  if (code == CURLE_COULDNT_RESOLVE_HOST && network->family != AddressFamily::any)
    return cannot_resolve(host_in_url(easy))
        .with_hint(network->family == AddressFamily::v4 ? "-4 takes IPv4 addresses alone"
                                                        : "-6 takes IPv6 addresses alone");
  return std::nullopt;
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
                                      std::string_view clear_url) {
  if (auto tls = tls_fault(easy, code, said, clear_url)) return tls;
  if (auto fault = fault_of_way(easy, code, said)) return fault;
  switch (code) {
    case CURLE_COULDNT_CONNECT:
      if (const int number = system_error_of(easy); number != 0)
        return system_error(Fault::network, "cannot connect" + to_proxy(easy, said), number)
            .because_of(Cause::no_connection, number);
      return std::nullopt;
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
      return cannot_resolve(code == CURLE_COULDNT_RESOLVE_PROXY ? "the proxy" : host_in_url(easy));
    case CURLE_PROXY:
      return socks_fault(easy, said);
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

Error connection_error(void* easy, int code, const char* text, std::string_view clear_url) {
  const std::string said = said_by_curl(code, text);
  if (auto fault = connecting_fault(easy, code, said, clear_url)) return *std::move(fault);
  return ending_fault(easy, code, said);
}

}  // namespace rt
