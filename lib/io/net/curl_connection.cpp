#include "io/net/curl_connection.hpp"

#include <curl/curl.h>

#include <cstdlib>
#include <memory>
#include <string_view>
#include <utility>

#include "base/log.hpp"
#include "base/text.hpp"
#include "io/trace/redact.hpp"
#include "io/trace/wire.hpp"

namespace rt {
namespace {

// The library has no eye for these variables; curl's command does it so.
void set_from_environment(CURL* easy, CURLoption option, const char* name) {
  const char* const value = std::getenv(name);
  if (value != nullptr && *value != '\0') curl_easy_setopt(easy, option, value);
}

int on_debug(CURL*, curl_infotype type, char* data, std::size_t size, void* bodies) {
  std::string_view text(data, size);
  switch (type) {
    case CURLINFO_TEXT:
      if (Log::level() >= LogLevel::debug) Log::debug("* " + redacted_request(text));
      break;
    case CURLINFO_HEADER_IN:
      trace::head("<", trim(text));
      break;
    case CURLINFO_HEADER_OUT:
      trace::head(">", text);
      break;
    case CURLINFO_DATA_IN:
    case CURLINFO_DATA_OUT:
      if (bodies == nullptr || !trace::shows_bytes()) break;
      Log::debug((type == CURLINFO_DATA_IN ? "< " : "> ") + std::to_string(size) +
                 " bytes of the body");
      trace::bytes(text);
      break;
    default:
      break;
  }
  return 0;
}

std::string part_of(CURLU* url, CURLUPart part, unsigned flags) {
  char* text = nullptr;
  if (curl_url_get(url, part, &text, flags) != CURLUE_OK) return {};
  std::string out(text);
  curl_free(text);
  return out;
}

}  // namespace

using CurlUrl = std::unique_ptr<CURLU, decltype(&curl_url_cleanup)>;

static CurlUrl parsed_url(const std::string& base, const std::string& location) {
  CurlUrl url(curl_url(), &curl_url_cleanup);
  if (!url) return url;
  constexpr unsigned kOdd = CURLU_PATH_AS_IS | CURLU_ALLOW_SPACE;
  if (curl_url_set(url.get(), CURLUPART_URL, base.c_str(), kOdd) != CURLUE_OK ||
      (!location.empty() &&
       curl_url_set(url.get(), CURLUPART_URL, location.c_str(), kOdd) != CURLUE_OK))
    url.reset();
  return url;
}

std::optional<std::string> origin_of(const std::string& base, const std::string& location) {
  const CurlUrl url = parsed_url(base, location);
  if (!url) return std::nullopt;
  return part_of(url.get(), CURLUPART_SCHEME, 0) + "://" + part_of(url.get(), CURLUPART_HOST, 0) +
         ":" + part_of(url.get(), CURLUPART_PORT, CURLU_DEFAULT_PORT);
}

std::optional<std::string> resolved_url(const std::string& base, const std::string& location) {
  const CurlUrl url = parsed_url(base, location);
  if (!url) return std::nullopt;
  return part_of(url.get(), CURLUPART_URL, 0);
}

std::string effective_url(void* easy) {
  char* url = nullptr;
  curl_easy_getinfo(easy, CURLINFO_EFFECTIVE_URL, &url);
  return url == nullptr ? "" : url;
}

CurlNetwork::CurlNetwork(NetworkOptions options, const TlsOptions& tls)
    : options_(std::move(options)), key_has_password_(!tls.key_password.empty()) {
  for (const std::string& entry : options_.resolve)
    if (curl_slist* const longer = curl_slist_append(resolve_, entry.c_str())) resolve_ = longer;
}

CurlNetwork::~CurlNetwork() {
  curl_slist_free_all(resolve_);
}

void CurlNetwork::set_up(void* handle) const {
  CURL* const easy = handle;
  curl_easy_setopt(easy, CURLOPT_PRIVATE, this);
  if (options_.proxy) curl_easy_setopt(easy, CURLOPT_PROXY, options_.proxy->c_str());
  if (resolve_ != nullptr) curl_easy_setopt(easy, CURLOPT_RESOLVE, resolve_);
  if (!options_.unix_socket.empty())
    curl_easy_setopt(easy, CURLOPT_UNIX_SOCKET_PATH, options_.unix_socket.c_str());
  if (!options_.interface.empty())
    curl_easy_setopt(easy, CURLOPT_INTERFACE, options_.interface.c_str());
  if (options_.family != AddressFamily::any)
    curl_easy_setopt(easy, CURLOPT_IPRESOLVE,
                     static_cast<long>(options_.family == AddressFamily::v4 ? CURL_IPRESOLVE_V4
                                                                            : CURL_IPRESOLVE_V6));
}

const CurlNetwork* network_of(void* easy) {
  char* network = nullptr;
  curl_easy_getinfo(easy, CURLINFO_PRIVATE, &network);
  return reinterpret_cast<const CurlNetwork*>(network);
}

void set_up_tls(void* handle, const TlsOptions& tls) {
  CURL* const easy = handle;
  if (tls.verify == Verify::none) {
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 0L);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 0L);
  }
  if (tls.verify == Verify::chain) curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 0L);
  if (!tls.ca_directory.empty()) {
    curl_easy_setopt(easy, CURLOPT_CAPATH, tls.ca_directory.c_str());
    if (tls.ca_file.empty()) curl_easy_setopt(easy, CURLOPT_CAINFO, nullptr);
  }
  if (!tls.ciphers.empty()) curl_easy_setopt(easy, CURLOPT_SSL_CIPHER_LIST, tls.ciphers.c_str());
  if (!tls.ca_file.empty()) {
    curl_easy_setopt(easy, CURLOPT_CAINFO, tls.ca_file.c_str());
    curl_easy_setopt(easy, CURLOPT_PROXY_CAINFO, tls.ca_file.c_str());
  } else if (tls.ca_directory.empty()) {
    for (const CURLoption option : {CURLOPT_CAINFO, CURLOPT_PROXY_CAINFO})
      set_from_environment(easy, option, "SSL_CERT_FILE");
    for (const CURLoption option : {CURLOPT_CAPATH, CURLOPT_PROXY_CAPATH})
      set_from_environment(easy, option, "SSL_CERT_DIR");
  }
  if (!tls.certificate_file.empty()) {
    curl_easy_setopt(easy, CURLOPT_SSLCERT, tls.certificate_file.c_str());
  }
  if (!tls.key_file.empty()) curl_easy_setopt(easy, CURLOPT_SSLKEY, tls.key_file.c_str());
  // OpenSSL would ask on the terminal where nobody has one.
  curl_easy_setopt(easy, CURLOPT_KEYPASSWD, tls.key_password.c_str());
  if (tls.most == TlsVersion::newest && tls.least != TlsVersion::v1_3) return;
  long versions = tls.least == TlsVersion::v1_3 ? CURL_SSLVERSION_TLSv1_3 : CURL_SSLVERSION_DEFAULT;
  if (tls.most != TlsVersion::newest)
    versions |=
        tls.most == TlsVersion::v1_2 ? CURL_SSLVERSION_MAX_TLSv1_2 : CURL_SSLVERSION_MAX_TLSv1_3;
  curl_easy_setopt(easy, CURLOPT_SSLVERSION, versions);
  curl_easy_setopt(easy, CURLOPT_PROXY_SSLVERSION, versions);
}

void set_up_socket(void* handle, Milliseconds connect_timeout) {
  CURL* const easy = handle;
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
  curl_easy_setopt(easy, CURLOPT_TCP_KEEPIDLE, 30L);
  curl_easy_setopt(easy, CURLOPT_TCP_KEEPINTVL, 10L);
  // A resolver thread that hangs must not hold up the end of the program.
  curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
  curl_easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(connect_timeout.count()));
}

void set_up_connection(void* handle, const std::string& url, const TlsOptions& tls,
                       Milliseconds connect_timeout) {
  CURL* const easy = handle;
  curl_easy_setopt(easy, CURLOPT_URL, url.c_str());
  curl_easy_setopt(easy, CURLOPT_CONNECT_ONLY, 1L);
  curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
  curl_easy_setopt(easy, CURLOPT_HTTPPROXYTUNNEL, 1L);
  curl_easy_setopt(easy, CURLOPT_SSL_ENABLE_ALPN, 0L);
  curl_easy_setopt(easy, CURLOPT_USERAGENT, "rtwire/" RT_VERSION);
  curl_easy_setopt(easy, CURLOPT_TCP_NODELAY, 1L);
  set_up_tls(easy, tls);
  set_up_socket(easy, connect_timeout);
  if (trace::on()) log_transfer(easy);
}

void announce_http(void* handle) {
  CURL* const easy = handle;
  curl_easy_setopt(easy, CURLOPT_SSL_ENABLE_ALPN, 1L);
  curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
}

void set_proxy(void* handle, const std::string& url) {
  CURL* const easy = handle;
  curl_easy_setopt(easy, CURLOPT_PROXY, url.c_str());
  curl_easy_setopt(easy, CURLOPT_NOPROXY, "");
}

void log_transfer(void* easy) {
  curl_easy_setopt(easy, CURLOPT_VERBOSE, 1L);
  curl_easy_setopt(easy, CURLOPT_DEBUGFUNCTION, &on_debug);
}

}  // namespace rt
