#pragma once

#include <string>

#include "base/result.hpp"
#include "io/http/client.hpp"

struct curl_slist;

namespace rt {

// curl's list of request headers.
class CurlHeaders {
 public:
  CurlHeaders() = default;
  ~CurlHeaders();
  CurlHeaders(const CurlHeaders&) = delete;
  CurlHeaders& operator=(const CurlHeaders&) = delete;

  // What is `secret` is for the host of the request's own URL alone.
  void add(const std::string& line, bool secret = false);
  curl_slist* list() { return list_; }
  // Those that any host may see; the same where none is secret.
  curl_slist* list_for_others() { return has_secret_ ? open_ : list_; }
  bool has_secret() const { return has_secret_; }

 private:
  curl_slist* list_ = nullptr;
  curl_slist* open_ = nullptr;
  bool has_secret_ = false;
};

// True when a redirect of this request is followed.
bool follows_redirects(const HttpRequest& request);

// True when `location`, found at the URL `base`, leads to the scheme, host and port of `origin`.
bool stays_at_host(const std::string& origin, const std::string& base, const std::string& location);

// Writes options and request into the handle `easy` (a CURL*). The request and the headers must
// stay where they are until the transfer ends: curl reads the body from there. An error (usage) for
// a header that could not be sent as one.
Result<void> set_up(void* easy, const HttpOptions& options, const HttpRequest& request,
                    CurlHeaders& headers);

// How many a request follows.
inline constexpr long kMostRedirects = 10;

// The error for a transfer that ended with `code` (a CURLcode other than CURLE_OK). `text` is what
// curl wrote into the error buffer.
Error transfer_error(void* easy, int code, const char* text);

}  // namespace rt
