#include "io/redact.hpp"

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

}  // namespace

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
