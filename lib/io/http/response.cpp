#include "io/http/response.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "codec/dialect_signs.hpp"
#include "codec/http_refusal.hpp"
#include "codec/http_values.hpp"
#include "io/net/faults.hpp"
#include "io/trace/redact.hpp"

namespace rt {
namespace {

constexpr std::int64_t kLongestFreshness = 3600;
constexpr std::uint64_t kLongestPause = 86'400;

// GitHub and others: none is left until then, in seconds since 1970.
std::optional<std::uint64_t> end_of_limit(const HttpResponse& response) {
  if (trim(response.header("x-ratelimit-remaining")) != "0") return std::nullopt;
  return parse_uint(trim(response.header("x-ratelimit-reset")));
}

// The same URL by TLS. An explicit port stays: it has answered so.
std::string secure(const std::string& url) {
  const std::string without_query = url.substr(0, url.find_first_of("?#"));
  return "https" + printable(redacted(without_query.substr(4)));
}

// How to authenticate, if that is what is wrong.
std::string_view advice_on_credentials(const HttpResponse& response) {
  bool any = false;
  for (const auto& [name, value] : response.headers) {
    if (name != "www-authenticate") continue;
    any = true;
    for (const std::string_view known : {"basic", "digest", "bearer"})
      if (ascii_lower(value).find(known) != std::string::npos) return advice_on(401);
  }
  return any ? "the server wants a kind of credentials that is not spoken here" : advice_on(401);
}

bool says_when(const HttpResponse& response) {
  return !response.header("retry-after").empty() || end_of_limit(response);
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

Error status_error(const HttpResponse& response, std::string_view get_refused) {
  const int status = response.status;
  if (response.url.starts_with("http:") && http::says_wants_tls(status, response.body))
    return Error(Fault::tls, "HTTP 400 Bad Request: the port speaks TLS")
        .with_hint("try " + secure(response.url))
        .as_fatal();
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
  } else if (why = http::explanation(response.header("content-type"), response.body);
             !why.empty()) {
    text += ": " + why;
  }
  // A server that says why it forbids something, or how long it may be, knows better.
  // With a time it is a rate limit, as 429 is.
  const bool limited = status == 403 && says_when(response);
  const bool explained = limited || ((status == 403 || status == 413) && !why.empty());
  const bool refused = status == 401 || (status == 403 && !limited) || status == 407;
  const std::string dialect = hint_at_dialect(dialect_of_refusal(response.body), "rtws --protocol");
  const std::string_view advice =
      !dialect.empty()             ? std::string_view(dialect)
      : redirect && response.stays ? std::string_view()
      : redirect ? "publish to that URL: only after 307 and 308 a message is sent there again"
      : status == 405 && !get_refused.empty() ? get_refused
      : status == 401                         ? advice_on_credentials(response)
                                              : advice_on(status);
  const Error error = Error(refused ? Fault::refused : Fault::other, std::move(text))
                          .with_hint(explained ? std::string_view() : advice)
                          .because_of(Cause::http_status, status);
  return may_pass(status) || limited ? error : error.as_fatal();
}

std::optional<Milliseconds> retry_after(const HttpResponse& response, WallTime now) {
  const std::int64_t unix_now =
      std::chrono::floor<std::chrono::seconds>(now.time_since_epoch()).count();
  const auto seconds = http::seconds_to_wait(response.header("retry-after"), unix_now);
  if (seconds) return std::chrono::seconds(*seconds);
  const bool limits = response.status == 403 || response.status == 429;
  const auto end = limits ? end_of_limit(response) : std::nullopt;
  if (!end) return std::nullopt;
  const auto now_seconds = static_cast<std::uint64_t>(std::max<std::int64_t>(unix_now, 0));
  // A small number is not when it is, but in how long.
  const std::uint64_t left = *end > now_seconds ? *end - now_seconds : 0;
  return std::chrono::seconds(std::min(*end < now_seconds / 2 ? *end : left, kLongestPause));
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

std::string too_long_text(std::size_t most) {
  return "a message over the limit of " + std::to_string(most) +
         " bytes is left out (--max-message)";
}

std::string_view type_of_body(std::string_view body) {
  const std::size_t first = body.find_first_not_of(" \t\r\n");
  const bool json = first != std::string_view::npos && (body[first] == '{' || body[first] == '[');
  return json ? "application/json" : "application/x-www-form-urlencoded";
}

Error message_too_long(std::size_t bytes, std::size_t most) {
  return Error(Fault::protocol, "a message of " + std::to_string(bytes) +
                                    " bytes came, over the limit of " + std::to_string(most) +
                                    " (--max-message)");
}

}  // namespace rt
