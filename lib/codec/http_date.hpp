#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace rt {

// IMF-fixdate (RFC 9110 section 5.6.7), "Sun, 06 Nov 1994 08:49:37 GMT", from seconds since 1970.
std::string format_http_date(std::int64_t unix_seconds);
// IMF-fixdate, RFC 850 and asctime forms; nullopt for anything else. RFC 850's two-digit years are
// read relative to `now`.
std::optional<std::int64_t> parse_http_date(std::string_view text, std::int64_t now);

}  // namespace rt
