#include "codec/cookies.hpp"

#include <algorithm>
#include <utility>

#include "base/text.hpp"
#include "codec/http_date.hpp"
#include "codec/http_values.hpp"

namespace rt::http {
namespace {

constexpr std::int64_t kLongestAge = 10LL * 365 * 24 * 3600;
constexpr std::string_view kHttpOnly = "#HttpOnly_";

using Pair = std::pair<std::string_view, std::string_view>;

Pair pair_of(std::string_view text) {
  const std::size_t equals = std::min(text.find('='), text.size());
  return {trim(text.substr(0, equals)), trim(text.substr(std::min(equals + 1, text.size())))};
}

std::string_view next_part(std::string_view& rest) {
  const std::size_t end = std::min(rest.find(';'), rest.size());
  const std::string_view part = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return part;
}

// RFC 6265 section 5.1.4.
std::string_view directory_of(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  return slash == 0 || slash == std::string_view::npos ? "/" : path.substr(0, slash);
}

bool path_matches(std::string_view path, std::string_view cookie_path) {
  if (!path.starts_with(cookie_path)) return false;
  return path.size() == cookie_path.size() || cookie_path.ends_with('/') ||
         path[cookie_path.size()] == '/';
}

bool names(std::string_view cookies, std::string_view name) {
  while (!cookies.empty())
    if (pair_of(next_part(cookies)).first == name) return true;
  return false;
}

}  // namespace

// False for one that is not to be stored.
bool Cookies::apply_attribute(Cookie& cookie, std::string_view name, std::string_view value,
                              std::int64_t unix_now) {
  if (iequals(name, "path")) {
    if (value.starts_with('/')) cookie.path = value;
  } else if (iequals(name, "secure")) {
    cookie.secure = true;
  } else if (iequals(name, "httponly")) {
    cookie.http_only = true;
  } else if (iequals(name, "domain")) {
    if (value.starts_with('.')) value.remove_prefix(1);
    const bool below =
        cookie.host.size() > value.size() &&
        cookie.host[cookie.host.size() - value.size() - 1] == '.' &&
        iequals(std::string_view(cookie.host).substr(cookie.host.size() - value.size()), value);
    return value.empty() || iequals(cookie.host, value) || below;
  } else if (iequals(name, "max-age")) {
    const bool past = value.starts_with('-');
    const auto age = parse_uint(past ? value.substr(1) : value);
    if (!age) return true;
    const auto seconds = static_cast<std::int64_t>(std::min<std::uint64_t>(*age, kLongestAge));
    cookie.expires = past || seconds == 0 ? 0 : unix_now + seconds;
  } else if (iequals(name, "expires") &&
             cookie.expires == std::numeric_limits<std::int64_t>::max()) {
    if (const auto date = parse_http_date(value, unix_now)) cookie.expires = *date;
  }
  return true;
}

void Cookies::store(std::string_view set_cookie, const CookiePlace& from, std::int64_t unix_now) {
  std::string_view rest = set_cookie;
  const std::string_view first = next_part(rest);
  if (first.find('=') == std::string_view::npos) return;
  const Pair pair = pair_of(first);
  Cookie cookie;
  cookie.host = from.host;
  cookie.path = directory_of(from.path);
  cookie.name = pair.first;
  cookie.value = pair.second;
  if (cookie.name.empty() || cookie.name.size() + cookie.value.size() > kLongest ||
      !valid_field_value(first))
    return;
  while (!rest.empty()) {
    const Pair attribute = pair_of(next_part(rest));
    if (!apply_attribute(cookie, attribute.first, attribute.second, unix_now)) return;
  }
  if (cookie.secure && !from.secure) return;
  // It would be two fields of a file; curl takes none, either.
  for (const std::string* part : {&cookie.name, &cookie.value, &cookie.path})
    if (!valid_field_value(*part) || part->find('\t') != std::string::npos) return;
  put(std::move(cookie), unix_now);
}

void Cookies::put(Cookie cookie, std::int64_t unix_now) {
  const auto same = [&](const Cookie& other) {
    return other.name == cookie.name && other.host == cookie.host && other.path == cookie.path;
  };
  const auto gone = [&](const Cookie& other) { return other.expires <= unix_now; };
  cookies_.erase(std::remove_if(cookies_.begin(), cookies_.end(),
                                [&](const Cookie& one) { return same(one) || gone(one); }),
                 cookies_.end());
  if (!gone(cookie) && cookies_.size() < most_) cookies_.push_back(std::move(cookie));
}

// domain, whole domain, path, secure, expires, name, value
std::optional<Cookies::Cookie> Cookies::parse_line(std::string_view line) {
  Cookie cookie;
  if (line.ends_with('\r')) line.remove_suffix(1);
  cookie.http_only = line.starts_with(kHttpOnly);
  if (cookie.http_only) line.remove_prefix(kHttpOnly.size());
  if (line.empty() || line.front() == '#') return std::nullopt;
  const auto fields = split(line, '\t');
  if (fields.size() != 7 && fields.size() != 6) return std::nullopt;
  const auto expires = parse_uint(fields[4]);
  if (!expires || fields[0].empty() || !fields[2].starts_with('/') || fields[5].empty())
    return std::nullopt;
  cookie.host = ascii_lower(fields[0].substr(fields[0].front() == '.' ? 1 : 0));
  cookie.whole_domain = iequals(fields[1], "TRUE");
  cookie.path = fields[2];
  cookie.secure = iequals(fields[3], "TRUE");
  if (*expires != 0)
    cookie.expires = static_cast<std::int64_t>(std::min<std::uint64_t>(*expires, INT64_MAX));
  cookie.name = fields[5];
  if (fields.size() == 7) cookie.value = fields[6];
  for (const std::string* part : {&cookie.host, &cookie.path, &cookie.name, &cookie.value})
    if (!valid_field_value(*part)) return std::nullopt;
  if (cookie.host.empty() || cookie.host.front() == '.' || cookie.host.front() == '#')
    return std::nullopt;
  return cookie;
}

void Cookies::read(std::string_view file, std::int64_t unix_now) {
  for (const std::string_view line : split(file, '\n')) {
    std::optional<Cookie> cookie = parse_line(line);
    if (!cookie) continue;
    ++most_;
    put(*std::move(cookie), unix_now);
  }
}

std::string Cookies::file(std::int64_t unix_now) const {
  std::string out = "# Netscape HTTP Cookie File\n";
  for (const Cookie& cookie : cookies_) {
    if (cookie.expires <= unix_now) continue;
    const bool for_run = cookie.expires == std::numeric_limits<std::int64_t>::max();
    out += cookie.http_only ? kHttpOnly : "";
    out += (cookie.whole_domain ? "." : "") + cookie.host;
    out += cookie.whole_domain ? "\tTRUE\t" : "\tFALSE\t";
    out += cookie.path;
    out += cookie.secure ? "\tTRUE\t" : "\tFALSE\t";
    out += std::to_string(for_run ? 0 : cookie.expires);
    out += '\t' + cookie.name + '\t' + cookie.value + '\n';
  }
  return out;
}

bool Cookies::goes_to(const Cookie& cookie, const CookiePlace& to) {
  if (cookie.secure && !to.secure) return false;
  const std::string_view host = to.host;
  const bool below = cookie.whole_domain && host.size() > cookie.host.size() &&
                     host.ends_with(cookie.host) &&
                     host[host.size() - cookie.host.size() - 1] == '.';
  return (below || cookie.host == host) && path_matches(to.path, cookie.path);
}

std::string Cookies::value_for(const CookiePlace& to, std::int64_t unix_now,
                               std::string_view own) const {
  std::string out(trim(own));
  for (const Cookie& cookie : cookies_) {
    if (cookie.expires <= unix_now || !goes_to(cookie, to) || names(own, cookie.name)) continue;
    if (!out.empty()) out += "; ";
    out += cookie.name;
    out += '=';
    out += cookie.value;
  }
  return out;
}

}  // namespace rt::http
