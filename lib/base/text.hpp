#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rt {

// True for well-formed UTF-8 (RFC 3629: no surrogates, no overlong forms, at most U+10FFFF).
bool valid_utf8(std::string_view bytes);

// ASCII only, independent of the locale.
char ascii_lower(char c);
std::string ascii_lower(std::string_view text);
bool iequals(std::string_view a, std::string_view b);

// Without leading and trailing spaces and tabs.
std::string_view trim(std::string_view text);
std::vector<std::string_view> split(std::string_view text, char separator);

// The whole text as a decimal number without sign; nullopt when it is anything else or overflows.
std::optional<std::uint64_t> parse_uint(std::string_view text);

// A size such as "500", "64k", "16MiB", "1G" in bytes (k, M, G, T mean powers of 1024, in
// either case); nullopt when it is anything else or more than 2^63 - 1.
std::optional<std::uint64_t> parse_size(std::string_view text);

// A time span such as "5", "2.5s", "150ms", "5m", "1h", "1d" in milliseconds (no unit: seconds);
// nullopt when it is anything else or more than 10^14.
std::optional<std::int64_t> parse_duration_ms(std::string_view text);
// "2.5 s", to a tenth, for people.
std::string seconds_text(std::int64_t milliseconds);

// What a hexadecimal digit stands for, in either case; -1 for any other character.
int hex_value(char c);

// Percent-encoding (RFC 3986). decode: nullopt at a % without two hex digits after it.
std::optional<std::string> percent_decode(std::string_view text);
// Encodes all but unreserved characters, sub-delims, ':' and '@' (a path segment), and '/' when
// keep_slash.
std::string percent_encode_path(std::string_view bytes, bool keep_slash);
// Encodes all but unreserved characters, for a query's value.
std::string percent_encode(std::string_view bytes);

std::string base64_encode(std::string_view bytes);
// Two lower-case digits for each byte.
std::string hex_encode(std::string_view bytes);
// Strict RFC 4648 section 4 with padding; nullopt for anything else.
std::optional<std::string> base64_decode(std::string_view text);

// The text for a person: control characters, those that turn or break lines (U+202E and the like)
// and bytes that are not UTF-8 as \xNN, and at most `limit` bytes, then "...".
std::string printable(std::string_view bytes, std::size_t limit = 80);
// Appends the text as a terminal may have it: control characters (C0 but for newline and tab, DEL,
// C1) and bytes that are not UTF-8 as \xNN, so that nothing in it steers the terminal.
void append_visible(std::string& out, std::string_view text);

// The closest of `candidates` when it is close enough to be what was meant.
std::optional<std::string_view> suggestion(std::string_view typed,
                                           const std::vector<std::string_view>& candidates);

}  // namespace rt
