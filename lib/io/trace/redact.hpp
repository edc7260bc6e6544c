#pragma once

#include <string>
#include <string_view>

namespace rt {

// One line of a log of HTTP made fit to be shown: printable, and without secrets. Struck out are
// the values of headers that carry credentials (Authorization, Cookie, Set-Cookie,
// Proxy-Authorization, and names that contain token, secret, password or api-key), of query
// parameters named token, access_token, key, password or secret, and the user part of URLs. A URL
// alone may be given too.
std::string redacted(std::string_view line);

// The same of a line of a request, or of what curl logs of its fields: of a field the value is
// shown only where it is known to be no secret, for -H takes any.
std::string redacted_request(std::string_view line);

// True for the name of a header whose value is struck out there.
bool carries_secret(std::string_view header_name);

}  // namespace rt
