#include "io/http/response.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "codec/http_date.hpp"
#include "codec/http_values.hpp"
#include "codec/json_string.hpp"
#include "io/net/faults.hpp"
#include "io/trace/redact.hpp"

namespace rt {
namespace {

constexpr std::int64_t kLongestRetryAfter = 24 * 3600;
constexpr std::int64_t kLongestFreshness = 3600;

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

std::string explanation(const HttpResponse& response) {
  const std::string type = ascii_lower(response.header("content-type"));
  std::string_view text = response.body;
  if (type.find("json") != std::string::npos) {
    std::string told = json_text(text, "detail");
    if (told.empty()) told = json_text(text, "title");
    if (!told.empty()) return printable(told, 200);
  } else if (type.rfind("text/plain", 0) != 0) {
    return {};  // pages for browsers say nothing in their first line
  }
  text = text.substr(text.find_first_not_of(" \t\r\n") == std::string_view::npos
                         ? text.size()
                         : text.find_first_not_of(" \t\r\n"));
  text = trim(text.substr(0, text.find_first_of("\r\n")));
  return printable(text, 200);
}

}  // namespace

std::string_view HttpResponse::header(std::string_view lower_case_name) const {
  for (const auto& [name, value] : headers) {
    if (name == lower_case_name) return value;
  }
  return {};
}

bool from_hub(const HttpResponse& response) {
  return std::any_of(response.headers.begin(), response.headers.end(),
                     [](const auto& header) { return header.first.rfind("rt-", 0) == 0; });
}

Error status_error(const HttpResponse& response) {
  const int status = response.status;
  std::string text = "HTTP " + std::to_string(status);
  std::string why;
  if (const std::string_view reason = http::reason_phrase(status); !reason.empty()) {
    text += ' ';
    text += reason;
  }
  const bool redirect = status >= 300 && status < 400 && !response.header("location").empty();
  if (redirect) {
    text += ": redirected to " + printable(redacted(response.header("location")), 200) +
            ", which was not followed";
  } else if (why = explanation(response); !why.empty()) {
    text += ": " + why;
  }
  // A server that says why it forbids something, or how long it may be, knows better.
  const bool explained = (status == 403 || status == 413) && !why.empty();
  const bool refused = status == 401 || status == 403 || status == 407;
  const std::string_view advice =
      redirect ? "publish to that URL: only after 307 and 308 a message is sent there again"
               : advice_on(status);
  const Error error = Error(refused ? Fault::refused : Fault::other, std::move(text))
                          .with_hint(explained ? std::string_view() : advice)
                          .because_of(Cause::http_status, status);
  return may_pass(status) ? error : error.as_fatal();
}

std::optional<Milliseconds> retry_after(const HttpResponse& response, WallTime now) {
  const std::string_view text = trim(response.header("retry-after"));
  if (text.empty()) return std::nullopt;
  std::int64_t seconds = 0;
  if (const auto number = parse_uint(text)) {
    seconds = static_cast<std::int64_t>(
        std::min<std::uint64_t>(*number, static_cast<std::uint64_t>(kLongestRetryAfter)));
  } else {
    const std::int64_t unix_now =
        std::chrono::floor<std::chrono::seconds>(now.time_since_epoch()).count();
    const auto date = parse_http_date(text, unix_now);
    if (!date) return std::nullopt;
    seconds = std::clamp<std::int64_t>(*date - unix_now, 0, kLongestRetryAfter);
  }
  return std::chrono::seconds(seconds);
}

std::optional<Milliseconds> freshness(const HttpResponse& response) {
  std::optional<std::uint64_t> max_age;
  for (const auto& [name, value] : response.headers) {
    if (name != "cache-control") continue;
    for (const std::string_view part : split(value, ',')) {
      const std::string directive = ascii_lower(trim(part));
      if (directive.rfind("no-cache", 0) == 0 || directive == "no-store") return std::nullopt;
      if (directive.rfind("max-age=", 0) == 0) {
        max_age = parse_uint(std::string_view(directive).substr(8));
      }
    }
  }
  if (!max_age) return std::nullopt;
  const std::uint64_t age = parse_uint(trim(response.header("age"))).value_or(0);
  const std::uint64_t left = *max_age > age ? *max_age - age : 0;
  return std::chrono::seconds(
      std::min<std::uint64_t>(left, static_cast<std::uint64_t>(kLongestFreshness)));
}

Error message_too_long(std::size_t bytes, std::size_t most) {
  return Error(Fault::protocol, "a message of " + std::to_string(bytes) +
                                    " bytes came, over the limit of " + std::to_string(most) +
                                    " (--max-message)");
}

}  // namespace rt
