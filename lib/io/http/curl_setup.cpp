#include "io/http/curl_setup.hpp"

#include <curl/curl.h>

#include <algorithm>
#include <optional>

#include "base/text.hpp"
#include "codec/http_values.hpp"
#include "io/net/curl_connection.hpp"
#include "io/trace/redact.hpp"
#include "io/trace/wire.hpp"

namespace rt {
namespace {

bool has_name(const std::vector<std::pair<std::string, std::string>>& headers,
              std::string_view name) {
  return std::any_of(headers.begin(), headers.end(),
                     [&](const auto& header) { return iequals(header.first, name); });
}

// What says which body this is, and which one is wanted: no secret, and as true elsewhere.
bool is_about_bodies(std::string_view name) {
  return iequals(name, "content-type") || iequals(name, "accept");
}

bool carries_body(const HttpRequest& request) {
  return request.method == "POST" || request.method == "PUT" || request.method == "PATCH";
}

Result<void> set_headers(CURL* easy, const HttpOptions& options, const HttpRequest& request,
                         CurlHeaders& headers) {
  using To = CurlHeaders::To;
  const auto add = [&](const std::string& name, const std::string& value, To to) -> Result<void> {
    if (!http::valid_field_name(name) || !http::valid_field_value(value)) {
      return Error(Fault::usage, "'" + printable(name) + "' cannot be sent as a header");
    }
    // To curl, a name with an empty value means: send none.
    headers.add(name + (trim(value).empty() ? ":" : ": ") + std::string(trim(value)), to);
    return {};
  };
  // Nobody but the user knows which of them is a secret.
  for (const auto& [name, value] : options.headers) {
    const To to = is_about_bodies(name) ? To::all : To::own;
    if (auto added = add(name, value, to); !added) return added;
  }
  for (const auto& [name, value] : request.headers) {
    const bool replaced = has_name(options.headers, name);
    if ((replaced && is_about_bodies(name)) || trim(value).empty()) continue;
    if (auto added = add(name, value, replaced ? To::others : To::all); !added) return added;
  }
  // Without this curl would call every body a form.
  if (carries_body(request) && !has_name(options.headers, "content-type") &&
      !has_name(request.headers, "content-type")) {
    headers.add("Content-Type:");
  }
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER,
                   request.foreign ? headers.list_for_others() : headers.list());
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
    const auto how = options.digest ? CURLAUTH_DIGEST : CURLAUTH_BASIC;
    curl_easy_setopt(easy, CURLOPT_HTTPAUTH, static_cast<long>(how));
    curl_easy_setopt(easy, CURLOPT_USERNAME, options.user.c_str());
    curl_easy_setopt(easy, CURLOPT_PASSWORD, options.password.c_str());
  }
}

void set_connection(CURL* easy, const HttpOptions& options, const HttpRequest& request) {
  set_up_socket(easy, options.connect_timeout);
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

}  // namespace

CurlHeaders::~CurlHeaders() {
  curl_slist_free_all(list_);
  curl_slist_free_all(for_others_);
}

void CurlHeaders::add(const std::string& line, To to) {
  const auto append = [&](curl_slist*& list) {
    if (curl_slist* const longer = curl_slist_append(list, line.c_str())) list = longer;
  };
  if (to != To::others) append(list_);
  if (to != To::own) append(for_others_);
  differ_ = differ_ || to != To::all;
}

bool stays_at_host(const std::string& origin, const std::string& base,
                   const std::string& location) {
  const std::optional<std::string> from = origin_of(origin, {});
  const std::optional<std::string> to = origin_of(base, location);
  return from && to && iequals(*from, *to);
}

bool follows_redirect(const HttpRequest& request, long status) {
  return !carries_body(request) || status == 307 || status == 308;
}

Result<void> set_up(void* handle, const HttpOptions& options, const HttpRequest& request,
                    CurlHeaders& headers) {
  CURL* const easy = handle;
  curl_easy_setopt(easy, CURLOPT_URL, request.url.c_str());
  // A path names a channel or a resource as it stands.
  curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L);
  curl_easy_setopt(easy, CURLOPT_USERAGENT, "rtwire/" RT_VERSION);
  curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "");
  curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION,
                   carries_body(request) || !options.follows ? 0L : 1L);
  curl_easy_setopt(easy, CURLOPT_MAXREDIRS, kMostRedirects);
  set_method(easy, request);
  if (!request.foreign) set_credentials(easy, options);
  set_up_tls(easy, options.tls);
  set_connection(easy, options, request);
  if (trace::on()) {
    log_transfer(easy);
    // Not of a connection alone, which shows its own packets.
    if (!request.secret) curl_easy_setopt(easy, CURLOPT_DEBUGDATA, easy);
  }
  return set_headers(easy, options, request, headers);
}

}  // namespace rt
