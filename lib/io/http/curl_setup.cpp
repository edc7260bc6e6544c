#include "io/http/curl_setup.hpp"

#include <curl/curl.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <memory>
#include <optional>

#include "base/log.hpp"
#include "base/text.hpp"
#include "codec/http_values.hpp"
#include "io/trace/redact.hpp"
#include "io/trace/wire.hpp"

namespace rt {
namespace {

bool has_name(const std::vector<std::pair<std::string, std::string>>& headers,
              std::string_view name) {
  return std::any_of(headers.begin(), headers.end(),
                     [&](const auto& header) { return iequals(header.first, name); });
}

bool carries_body(const HttpRequest& request) {
  return request.method == "POST" || request.method == "PUT" || request.method == "PATCH";
}

Result<void> set_headers(CURL* easy, const HttpOptions& options, const HttpRequest& request,
                         CurlHeaders& headers) {
  const auto add = [&](const std::string& name, const std::string& value) -> Result<void> {
    if (!http::valid_field_name(name) || !http::valid_field_value(value)) {
      return Error(Fault::usage, "'" + printable(name) + "' cannot be sent as a header");
    }
    // To curl, a name with an empty value means: send none.
    headers.add(name + (trim(value).empty() ? ":" : ": ") + std::string(trim(value)),
                carries_secret(name));
    return {};
  };
  for (const auto& [name, value] : options.headers) {
    if (auto added = add(name, value); !added) return added;
  }
  for (const auto& [name, value] : request.headers) {
    if (has_name(options.headers, name) || trim(value).empty()) continue;
    if (auto added = add(name, value); !added) return added;
  }
  // Without this curl would call every body a form.
  if (carries_body(request) && !has_name(options.headers, "content-type") &&
      !has_name(request.headers, "content-type")) {
    headers.add("Content-Type:");
  }
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers.list());
  return {};
}

void set_method(CURL* easy, const HttpRequest& request) {
  if (carries_body(request)) {
    curl_easy_setopt(easy, CURLOPT_POST, 1L);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE,
                     static_cast<curl_off_t>(request.body.size()));
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, request.body.data());
    if (request.method != "POST") {
      curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, request.method.c_str());
    }
  } else if (request.method == "HEAD") {
    curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
  } else {
    curl_easy_setopt(easy, CURLOPT_HTTPGET, 1L);
    if (request.method != "GET") {
      curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, request.method.c_str());
    }
  }
}

void set_credentials(CURL* easy, const HttpOptions& options) {
  if (!options.bearer.empty()) {
    curl_easy_setopt(easy, CURLOPT_HTTPAUTH, static_cast<long>(CURLAUTH_BEARER));
    curl_easy_setopt(easy, CURLOPT_XOAUTH2_BEARER, options.bearer.c_str());
  } else if (!options.user.empty() || !options.password.empty()) {
    curl_easy_setopt(easy, CURLOPT_HTTPAUTH, static_cast<long>(CURLAUTH_BASIC));
    curl_easy_setopt(easy, CURLOPT_USERNAME, options.user.c_str());
    curl_easy_setopt(easy, CURLOPT_PASSWORD, options.password.c_str());
  }
  if (options.netrc) {
    curl_easy_setopt(easy, CURLOPT_NETRC, static_cast<long>(CURL_NETRC_OPTIONAL));
  }
}

// The library has no eye for these variables; curl's command does it so.
void set_from_environment(CURL* easy, CURLoption option, const char* name) {
  const char* const value = std::getenv(name);
  if (value != nullptr && *value != '\0') curl_easy_setopt(easy, option, value);
}

void set_tls(CURL* easy, const TlsOptions& tls) {
  if (tls.verify == Verify::none) {
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 0L);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 0L);
  }
  if (!tls.ca_file.empty()) {
    curl_easy_setopt(easy, CURLOPT_CAINFO, tls.ca_file.c_str());
  } else {
    set_from_environment(easy, CURLOPT_CAINFO, "SSL_CERT_FILE");
    set_from_environment(easy, CURLOPT_CAPATH, "SSL_CERT_DIR");
  }
  if (!tls.certificate_file.empty()) {
    curl_easy_setopt(easy, CURLOPT_SSLCERT, tls.certificate_file.c_str());
  }
  if (!tls.key_file.empty()) curl_easy_setopt(easy, CURLOPT_SSLKEY, tls.key_file.c_str());
}

void set_socket(CURL* easy, Milliseconds connect_timeout) {
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

void set_connection(CURL* easy, const HttpOptions& options, const HttpRequest& request) {
  set_socket(easy, options.connect_timeout);
  curl_easy_setopt(easy, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_2TLS));
  if (request.timeout) {
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS,
                     static_cast<long>(std::max<Milliseconds>(*request.timeout, 1ms).count()));
  }
  if (request.stall) {
    curl_easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, 1L);
    curl_easy_setopt(easy, CURLOPT_LOW_SPEED_TIME, static_cast<long>(request.stall->count()));
  }
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

std::optional<std::string> origin_of(const std::string& base, const std::string& location) {
  const std::unique_ptr<CURLU, decltype(&curl_url_cleanup)> url(curl_url(), &curl_url_cleanup);
  if (!url) return std::nullopt;
  constexpr unsigned kOdd = CURLU_PATH_AS_IS | CURLU_ALLOW_SPACE;
  if (curl_url_set(url.get(), CURLUPART_URL, base.c_str(), kOdd) != CURLUE_OK) return std::nullopt;
  if (!location.empty() &&
      curl_url_set(url.get(), CURLUPART_URL, location.c_str(), kOdd) != CURLUE_OK)
    return std::nullopt;
  return part_of(url.get(), CURLUPART_SCHEME, 0) + "://" + part_of(url.get(), CURLUPART_HOST, 0) +
         ":" + part_of(url.get(), CURLUPART_PORT, CURLU_DEFAULT_PORT);
}

CurlHeaders::~CurlHeaders() {
  curl_slist_free_all(list_);
  curl_slist_free_all(open_);
}

void CurlHeaders::add(const std::string& line, bool secret) {
  if (curl_slist* const longer = curl_slist_append(list_, line.c_str())) list_ = longer;
  if (secret)
    has_secret_ = true;
  else if (curl_slist* const longer = curl_slist_append(open_, line.c_str()))
    open_ = longer;
}

bool stays_at_host(const std::string& origin, const std::string& base,
                   const std::string& location) {
  const std::optional<std::string> from = origin_of(origin, {});
  const std::optional<std::string> to = origin_of(base, location);
  return from && to && iequals(*from, *to);
}

bool follows_redirects(const HttpRequest& request) {
  return request.method == "GET" || request.method == "HEAD";
}

Result<void> set_up(void* handle, const HttpOptions& options, const HttpRequest& request,
                    CurlHeaders& headers) {
  CURL* const easy = handle;
  curl_easy_setopt(easy, CURLOPT_URL, request.url.c_str());
  // A path names a channel or a resource as it stands.
  curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L);
  curl_easy_setopt(easy, CURLOPT_USERAGENT, "rtwire/" RT_VERSION);
  curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "");
  curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, follows_redirects(request) ? 1L : 0L);
  curl_easy_setopt(easy, CURLOPT_MAXREDIRS, kMostRedirects);
  set_method(easy, request);
  set_credentials(easy, options);
  set_tls(easy, options.tls);
  set_connection(easy, options, request);
  if (trace::on()) {
    log_transfer(easy);
    // Not of a connection alone, which shows its own packets.
    curl_easy_setopt(easy, CURLOPT_DEBUGDATA, easy);
  }
  return set_headers(easy, options, request, headers);
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
  set_tls(easy, tls);
  set_socket(easy, connect_timeout);
  if (trace::on()) log_transfer(easy);
}

void log_transfer(void* easy) {
  curl_easy_setopt(easy, CURLOPT_VERBOSE, 1L);
  curl_easy_setopt(easy, CURLOPT_DEBUGFUNCTION, &on_debug);
}

}  // namespace rt
