#include "codec/http_refusal.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "codec/http_date.hpp"
#include "codec/json_string.hpp"

namespace rt::http {
namespace {

constexpr std::int64_t kLongestWait = 24 * 3600;
constexpr std::size_t kMostShown = 200;
constexpr std::string_view kSpace = " \t\r\n";

// The string member `key` of a small JSON object, as far as a person needs it: found by its name
// wherever it stands.
std::string json_text(std::string_view body, std::string_view key) {
  const std::string quoted = '"' + std::string(key) + '"';
  std::size_t at = body.find(quoted);
  if (at == std::string_view::npos) return {};
  at = body.find_first_not_of(" \t\r\n:", at + quoted.size());
  if (at == std::string_view::npos || body[at] != '"') return {};
  const std::size_t start = ++at;
  while (at < body.size() && body[at] != '"') at += body[at] == '\\' ? 2 : 1;
  return json_unescaped(body.substr(start, std::min(at, body.size()) - start));
}

}  // namespace

std::string explanation(std::string_view content_type, std::string_view body) {
  const std::string type = ascii_lower(content_type);
  if (type.find("json") != std::string::npos) {
    std::string told = json_text(body, "detail");
    if (told.empty()) told = json_text(body, "title");
    if (!told.empty()) return printable(told, kMostShown);
  } else if (!type.starts_with("text/plain")) {
    return {};  // pages for browsers say nothing in their first line
  }
  body.remove_prefix(std::min(body.find_first_not_of(kSpace), body.size()));
  return printable(trim(body.substr(0, body.find_first_of("\r\n"))), kMostShown);
}

bool says_wants_tls(int status, std::string_view body) {
  if (status != 400) return false;
  for (const std::string_view part :
       {"plain HTTP request was sent to HTTPS port", "speaking plain HTTP to an SSL-enabled",
        "HTTP request to an HTTPS server"})
    if (body.find(part) != std::string_view::npos) return true;
  return false;
}

std::optional<std::int64_t> seconds_to_wait(std::string_view retry_after, std::int64_t unix_now) {
  const std::string_view text = trim(retry_after);
  if (text.empty()) return std::nullopt;
  if (const auto number = parse_uint(text))
    return static_cast<std::int64_t>(
        std::min<std::uint64_t>(*number, static_cast<std::uint64_t>(kLongestWait)));
  const auto date = parse_http_date(text, unix_now);
  if (!date) return std::nullopt;
  return std::clamp<std::int64_t>(*date - unix_now, 0, kLongestWait);
}

}  // namespace rt::http
