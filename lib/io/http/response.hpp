#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "base/error.hpp"

namespace rt {

struct HttpResponse {
  int status = 0;
  std::string url;  // where the answer came from, after redirects
  // Where they lead that are for good (301, 308) and stand before all others. Empty: there are
  // none, or what goes with the request is not for that place.
  std::string moved_to;
  // Of the last response, names in lower case, in order.
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  bool cut = false;    // of the body only the front was read
  bool stays = false;  // no redirect is followed, as the user wants it

  std::string_view header(std::string_view lower_case_name) const;  // empty when absent
};

// True when the answer bears a header RT-*: the other side is a hub.
bool from_hub(const HttpResponse& response);

// What to do about a 405 to who reads by GET.
inline constexpr std::string_view kAnswersPost = "is the path right? perhaps it answers POST: -d";

// The error for an answer that is not what was asked for: 401, 403, 407 are refused, other 4xx and
// redirects are fatal, 408, 425, 429, 5xx and a 403 that says when may be tried again. Names the
// status and the first line of a problem JSON's or text body, or the redirect's target, and what to
// do.
// `get_refused`: what to do about a 405, for who only reads.
Error status_error(const HttpResponse& response, std::string_view get_refused = {});

// Retry-After in seconds or as a date, when there is one; of a 403 or 429 also the end of the rate
// limit that X-RateLimit-Remaining and X-RateLimit-Reset tell of. At most a day is believed.
std::optional<Milliseconds> retry_after(const HttpResponse& response, WallTime now);

// For how long the answer stays fresh by Cache-Control: max-age less Age (RFC 9111), not negative,
// at most an hour; nullopt without max-age, or with no-cache or no-store.
std::optional<Milliseconds> freshness(const HttpResponse& response);

// What a request's body most probably is: JSON where it begins as that does, else a form.
std::string_view type_of_body(std::string_view body);

// What has come is longer than the user takes (--max-message).
std::string too_long_text(std::size_t most);
Error message_too_long(std::size_t bytes, std::size_t most);

}  // namespace rt
