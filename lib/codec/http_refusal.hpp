#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

// What an answer other than the one that was asked for says to people and to whoever tries again.
namespace rt::http {

// The first line of what its body says, printable and bounded: the detail or title of JSON (RFC
// 9457), the first line of other JSON or of plain text. Empty where there is none, or where it is a
// page for browsers. Of the body the beginning is enough.
std::string explanation(std::string_view content_type, std::string_view body);

// True of the body with which servers (nginx, Apache, Go) answer 400 to who speaks clear text at
// their port for TLS.
bool says_wants_tls(int status, std::string_view body);

// The value of Retry-After, in seconds or as a date: seconds from `unix_now` on, at most a day.
std::optional<std::int64_t> seconds_to_wait(std::string_view retry_after, std::int64_t unix_now);

}  // namespace rt::http
