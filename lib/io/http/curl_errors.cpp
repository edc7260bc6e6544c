// What curl's codes mean for HTTP.
#include <curl/curl.h>

#include "base/text.hpp"
#include "io/http/curl_setup.hpp"
#include "io/net/curl_connection.hpp"
#include "io/net/curl_errors.hpp"
#include "io/net/faults.hpp"
#include "model/endpoint.hpp"

namespace rt {
namespace {

unsigned port_of(CURL* easy) {
  const std::string origin = origin_of(effective_url(easy), {}).value_or("");
  return static_cast<unsigned>(parse_uint(origin.substr(origin.rfind(':') + 1)).value_or(0));
}

// The URL with TLS in place of clear text, or the other way round.
std::string other_url(CURL* easy) {
  const auto endpoint = parse_endpoint(effective_url(easy), Transport::poll);
  return endpoint ? endpoint->display_otherwise() : std::string();
}

// What answered is not at the URL's port.
bool through_proxy(CURL* easy) {
  long reached = 0;
  curl_easy_getinfo(easy, CURLINFO_PRIMARY_PORT, &reached);
  return reached != 0 && static_cast<unsigned>(reached) != port_of(easy);
}

// For whoever spoke clear text to a port that does not answer as HTTP does.
std::string clear_text_hint(CURL* easy) {
  if (through_proxy(easy)) return "is it an HTTP proxy?";
  const bool clear = effective_url(easy).starts_with("http:");
  return another_protocol(port_of(easy), clear ? other_url(easy) : "");
}

long status_of(CURL* easy) {
  long status = 0;
  curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
  return status;
}

// Of the URL, or the answer is not HTTP.
Error unsupported(CURL* easy, const std::string& said) {
  if (!connection_stood(easy)) return ending_fault(easy, CURLE_UNSUPPORTED_PROTOCOL, said);
  const long status = status_of(easy);
  if (status >= 300 && status < 400)
    return Error(Fault::protocol, "the server redirects to a URL that is not of HTTP");
  return Error(Fault::protocol, "the answer is not HTTP").with_hint(clear_text_hint(easy));
}

Error lost(CURL* easy, int code, const std::string& said) {
  // curl has no code of its own for it.
  if (said.find("chunk") != std::string::npos || said.find("hexadecimal") != std::string::npos)
    return Error(Fault::protocol, "the answer's chunks are broken: " + said);
  Error error = ending_fault(easy, code, said);
  long os_error = 0;
  curl_easy_getinfo(easy, CURLINFO_OS_ERRNO, &os_error);
  if (os_error == 0 || status_of(easy) != 0) return error;
  return error.with_hint(another_protocol(port_of(easy), {}));
}

}  // namespace

Error transfer_error(void* handle, int code, const char* text) {
  CURL* const easy = handle;
  const std::string said = said_by_curl(code, text);
  if (auto fault = connecting_fault(easy, code, said, other_url(easy))) return *std::move(fault);
  switch (code) {
    case CURLE_TOO_MANY_REDIRECTS:
      return Error(Fault::protocol, "more than " + std::to_string(kMostRedirects) +
                                        " redirects: they go in a circle");
    case CURLE_UNSUPPORTED_PROTOCOL:
      return unsupported(easy, said);
    case CURLE_GOT_NOTHING:
      return Error(Fault::network, "the server closed the connection without an answer")
          .with_hint(clear_text_hint(easy));
    case CURLE_PARTIAL_FILE:
      return Error(Fault::network, "connection lost in the middle of the answer");
    case CURLE_RECV_ERROR:
    case CURLE_SEND_ERROR:
      return lost(easy, code, said);
    default:
      return ending_fault(easy, code, said);
  }
}

}  // namespace rt
