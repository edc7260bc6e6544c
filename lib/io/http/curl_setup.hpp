#pragma once

#include <cstdint>
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

  // own: the origin of the request's own URL; others: those to which a redirect leads.
  enum class To : std::uint8_t { all, own, others };
  void add(const std::string& line, To to = To::all);
  curl_slist* list() { return list_; }
  curl_slist* list_for_others() { return differ_ ? for_others_ : list_; }
  bool differ() const { return differ_; }

 private:
  curl_slist* list_ = nullptr;
  curl_slist* for_others_ = nullptr;
  bool differ_ = false;
};

// True when a redirect of this request by such an answer is followed: with the same method and
// body, or not at all.
bool follows_redirect(const HttpRequest& request, long status);

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
