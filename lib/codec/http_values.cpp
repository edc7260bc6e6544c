#include "codec/http_values.hpp"

#include <algorithm>
#include <optional>

#include "base/text.hpp"
#include "codec/http_bytes.hpp"
#include "codec/list_field.hpp"

namespace rt::http {
namespace {

struct Phrase {
  int status;
  std::string_view text;
};

constexpr Phrase kPhrases[] = {
    {100, "Continue"},
    {101, "Switching Protocols"},
    {200, "OK"},
    {201, "Created"},
    {202, "Accepted"},
    {204, "No Content"},
    {206, "Partial Content"},
    {301, "Moved Permanently"},
    {302, "Found"},
    {303, "See Other"},
    {304, "Not Modified"},
    {307, "Temporary Redirect"},
    {308, "Permanent Redirect"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {406, "Not Acceptable"},
    {407, "Proxy Authentication Required"},
    {408, "Request Timeout"},
    {409, "Conflict"},
    {410, "Gone"},
    {411, "Length Required"},
    {412, "Precondition Failed"},
    {413, "Content Too Large"},
    {414, "URI Too Long"},
    {415, "Unsupported Media Type"},
    {416, "Range Not Satisfiable"},
    {417, "Expectation Failed"},
    {421, "Misdirected Request"},
    {422, "Unprocessable Content"},
    {426, "Upgrade Required"},
    {428, "Precondition Required"},
    {429, "Too Many Requests"},
    {431, "Request Header Fields Too Large"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {502, "Bad Gateway"},
    {503, "Service Unavailable"},
    {504, "Gateway Timeout"},
    {505, "HTTP Version Not Supported"},
};

// The text before the separator; `text` becomes what follows it.
std::string_view take_until(std::string_view& text, char separator) {
  const std::size_t end = text.find(separator);
  const std::string_view part = text.substr(0, end);
  text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
  return part;
}

// A weight in thousandths; nullopt for what is none. Some clients write ".2", so the digit before
// the point may be missing.
std::optional<int> read_weight(std::string_view text) {
  if (text.empty()) return std::nullopt;
  const std::string_view whole = take_until(text, '.');
  if (!whole.empty() && whole != "0" && whole != "1") return std::nullopt;
  int weight = whole == "1" ? 1000 : 0;
  int unit = 100;
  for (const char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    weight += unit * (c - '0');
    unit /= 10;
  }
  return std::min(weight, 1000);
}

// How precisely a media range names a type.
enum class Match { none, any, any_subtype, exact };

Match match_range(std::string_view range, std::string_view media_type) {
  if (range == "*/*" || range == "*") return Match::any;
  if (iequals(range, media_type)) return Match::exact;
  if (range.size() < 2 || range.substr(range.size() - 2) != "/*") return Match::none;
  const std::string_view type = media_type.substr(0, media_type.find('/') + 1);
  return iequals(range.substr(0, range.size() - 1), type) ? Match::any_subtype : Match::none;
}

struct Acceptance {
  Match match = Match::none;
  int quality = 0;
};

Acceptance judge_accept(std::string_view accept, std::string_view media_type) {
  Acceptance best;
  for_each_element(accept, [&](std::string_view element) {
    const Match match = match_range(trim(take_until(element, ';')), media_type);
    if (match == Match::none || match < best.match) return;
    std::optional<int> quality = 1000;
    while (!element.empty()) {
      std::string_view parameter = take_until(element, ';');
      if (iequals(trim(take_until(parameter, '=')), "q")) quality = read_weight(trim(parameter));
    }
    if (!quality) return;
    best.quality = match > best.match ? *quality : std::max(best.quality, *quality);
    best.match = match;
  });
  return best;
}

std::string_view opaque_tag(std::string_view tag) {
  return tag.substr(0, 2) == "W/" ? tag.substr(2) : tag;
}

}  // namespace

std::string_view reason_phrase(int status) {
  const auto* entry = std::lower_bound(std::begin(kPhrases), std::end(kPhrases), status,
                                       [](const Phrase& p, int s) { return p.status < s; });
  return entry != std::end(kPhrases) && entry->status == status ? entry->text : std::string_view();
}

bool valid_field_name(std::string_view name) {
  return !name.empty() &&
         std::all_of(name.begin(), name.end(), [](char c) { return is(c, kTokenByte); });
}

bool valid_field_value(std::string_view value) {
  return std::all_of(value.begin(), value.end(), [](char c) {
    return c == '\t' || (static_cast<unsigned char>(c) >= 0x20 && c != 0x7f);
  });
}

int accept_quality(std::string_view accept, std::string_view media_type) {
  if (trim(accept).empty()) return 1000;
  return judge_accept(accept, media_type).quality;
}

bool accepts_explicitly(std::string_view accept, std::string_view media_type) {
  const Acceptance acceptance = judge_accept(accept, media_type);
  return acceptance.match == Match::exact && acceptance.quality > 0;
}

bool accepts_profile(std::string_view accept, std::string_view media_type,
                     std::string_view profile) {
  bool accepted = false;
  for_each_element(accept, [&](std::string_view element) {
    if (!iequals(trim(take_until(element, ';')), media_type)) return;
    bool named = false;
    std::optional<int> quality = 1000;
    while (!element.empty()) {
      std::string_view value = take_until(element, ';');
      const std::string_view name = trim(take_until(value, '='));
      value = trim(value);
      if (iequals(name, "q")) quality = read_weight(value);
      if (value.size() >= 2 && value.front() == '"' && value.back() == '"')
        value = value.substr(1, value.size() - 2);
      if (iequals(name, "profile") && iequals(value, profile)) named = true;
    }
    accepted |= named && quality.value_or(0) > 0;
  });
  return accepted;
}

bool etag_matches(std::string_view if_none_match, std::string_view etag) {
  if (trim(if_none_match) == "*") return true;
  const std::string_view wanted = opaque_tag(etag);
  std::string_view rest = if_none_match;
  while (true) {
    // No list of elements here: a tag may hold commas, and a backslash in it escapes nothing.
    const std::size_t first = rest.find_first_not_of(" \t,");
    if (first == std::string_view::npos) return false;
    rest = opaque_tag(rest.substr(first));
    if (rest.empty() || rest.front() != '"') return false;
    const std::size_t last = rest.find('"', 1);
    if (last == std::string_view::npos) return false;
    if (rest.substr(0, last + 1) == wanted) return true;
    rest.remove_prefix(last + 1);
  }
}

bool next_parameter(std::string_view& query, std::string_view& name, std::string_view& value) {
  if (query.empty()) return false;
  value = take_until(query, '&');
  name = take_until(value, '=');
  return true;
}

std::string decode_parameter(std::string_view value) {
  if (value.find('%') != std::string_view::npos)
    if (auto decoded = percent_decode(value)) return std::move(*decoded);
  return std::string(value);
}

}  // namespace rt::http
