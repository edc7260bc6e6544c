#include "io/trace/redact.hpp"

#include <algorithm>
#include <array>

#include "base/text.hpp"
#include "model/endpoint.hpp"

namespace rt {
namespace {

constexpr std::string_view kStruck = "***";
constexpr std::size_t kLongest = 4096;

constexpr std::array<std::string_view, 7> kSecretHeaders = {
    "authorization", "cookie", "token", "secret", "password", "api-key", "apikey"};
bool is_name_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '_';
}

// Of a field's name (RFC 9110, section 5.6.2).
bool is_token_char(char c) {
  return is_name_char(c) || std::string_view("!#$%&'*+.^`|~").find(c) != std::string_view::npos;
}

// The run of name characters that ends before `end`.
std::string_view name_before(std::string_view text, std::size_t end) {
  std::size_t start = end;
  while (start > 0 && is_name_char(text[start - 1])) --start;
  return text.substr(start, end - start);
}

std::string strike_header(std::string_view text) {
  for (std::size_t at = text.find(':'); at != std::string_view::npos; at = text.find(':', at + 1)) {
    // "token://" is a URL with an odd scheme, not a header.
    if (carries_secret(name_before(text, at)) && text.substr(at + 1, 2) != "//") {
      return std::string(text.substr(0, at + 1)) + " " + std::string(kStruck);
    }
  }
  return std::string(text);
}

std::string strike_user(std::string text) {
  std::size_t at = 0;
  while ((at = text.find("://", at)) != std::string::npos) {
    at += 3;
    const std::size_t end = std::min(text.find_first_of("/?# '\"", at), text.size());
    const std::size_t sign = text.rfind('@', end == 0 ? 0 : end - 1);
    if (sign != std::string::npos && sign >= at && sign < end) {
      text.replace(at, sign - at, kStruck);
    }
  }
  return text;
}

std::string strike_parameters(std::string text) {
  std::size_t at = 0;
  while ((at = text.find_first_of("?&", at)) != std::string::npos) {
    ++at;
    const std::size_t equals = text.find('=', at);
    if (equals == std::string::npos) break;
    if (!names_secret(std::string_view(text).substr(at, equals - at))) continue;
    const std::size_t end = std::min(text.find_first_of("&# '\"\t", equals), text.size());
    text.replace(equals + 1, end - equals - 1, kStruck);
    at = equals;
  }
  return text;
}

// What every program sends, and what a person may see.
bool is_harmless(std::string_view header_name) {
  constexpr std::array<std::string_view, 21> kNames = {"host",
                                                       "user-agent",
                                                       "origin",
                                                       "prefer",
                                                       "cache-control",
                                                       "range",
                                                       "content-type",
                                                       "content-length",
                                                       "content-encoding",
                                                       "connection",
                                                       "upgrade",
                                                       "last-event-id",
                                                       "expect",
                                                       "transfer-encoding",
                                                       "te",
                                                       "keep-alive",
                                                       "proxy-connection",
                                                       "http2-settings",
                                                       "referer",
                                                       "date",
                                                       "pragma"};
  constexpr std::array<std::string_view, 4> kStarts = {"accept", "if-", "sec-websocket-", "rt-"};
  const std::string name = ascii_lower(header_name);
  return std::find(kNames.begin(), kNames.end(), name) != kNames.end() ||
         std::any_of(kStarts.begin(), kStarts.end(),
                     [&](std::string_view start) { return name.starts_with(start); });
}

// The name of the field that begins at `start`; empty where none does.
std::string_view field_name(std::string_view text, std::size_t start) {
  std::size_t end = start;
  while (end < text.size() && is_token_char(text[end])) ++end;
  if (end == text.size() || text[end] != ':') return {};
  return text.substr(start, end - start);
}

// Where a field begins in "h2h3 [name: value]" or "[HTTP/2] [1] [name: value]".
std::size_t logged_field(std::string_view line) {
  if (!line.starts_with("h2h3 [") && !line.starts_with("[HTTP/")) return std::string_view::npos;
  for (std::size_t at = line.find('['); at != std::string_view::npos; at = line.find('[', at + 1))
    if (!field_name(line, at + 1).empty()) return at + 1;
  return std::string_view::npos;
}

}  // namespace

std::string redacted_request(std::string_view line) {
  const std::size_t logged = logged_field(line);
  const std::size_t start = logged == std::string_view::npos ? 0 : logged;
  const std::string_view name = field_name(line, start);
  if (name.empty() || is_harmless(name) || line.substr(start + name.size() + 1, 2) == "//")
    return redacted(line);
  return redacted(line.substr(0, start + name.size())) + ": " + std::string(kStruck) +
         (start == 0 ? "" : "]");
}

bool carries_secret(std::string_view header_name) {
  const std::string name = ascii_lower(header_name);
  return std::any_of(kSecretHeaders.begin(), kSecretHeaders.end(),
                     [&](std::string_view word) { return name.find(word) != std::string::npos; });
}

std::string redacted(std::string_view line) {
  while (!line.empty() && (line.back() == '\n' || line.back() == '\r')) line.remove_suffix(1);
  return printable(strike_parameters(strike_user(strike_header(line))), kLongest);
}

}  // namespace rt
