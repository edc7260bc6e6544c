#include "cli/options/values.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "model/close_codes.hpp"
#include "model/escape.hpp"
#include "model/message_format.hpp"

namespace rt::cli {
namespace {

// Ten years: no sum of such times overflows a clock that counts nanoseconds.
constexpr Milliseconds kLongest = std::chrono::hours(24 * 3650);

bool is_control(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte < 0x20 || byte == 0x7f;
}

bool is_token_char(char c) {
  constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
         kMarks.find(c) != std::string_view::npos;
}

bool is_token(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), is_token_char);
}

bool is_host_char(char c) {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '.' ||
         c == '-' || c == '_';
}

}  // namespace

Problem read_duration(std::string_view text, Milliseconds least, Milliseconds& value) {
  const auto parsed = parse_duration_ms(text);
  if (!parsed) return "not a time span such as 500ms, 5s, 2m or 1h";
  if (*parsed < least.count()) return "must be more than 0";
  if (*parsed > kLongest.count()) return "too long: at most 3650d";
  value = Milliseconds(*parsed);
  return {};
}

Problem read_size(std::string_view text, std::uint64_t least, std::uint64_t most,
                  std::uint64_t& value) {
  const auto parsed = parse_size(text);
  if (!parsed) return "not a size such as 500, 64KiB or 16MiB";
  if (*parsed < least) return "must be at least " + show_size(least);
  if (*parsed > most) return "too large: at most " + show_size(most);
  value = *parsed;
  return {};
}

Problem read_count(std::string_view text, std::uint64_t least, std::uint64_t& value) {
  const auto parsed = parse_uint(text);
  if (!parsed) return "not a whole number";
  if (*parsed < least) return "must be at least " + std::to_string(least);
  if (*parsed > kMostBytes) return "too large";
  value = *parsed;
  return {};
}

Problem read_escaped(std::string_view text, std::string& value) {
  if (text.empty()) return "must not be empty";
  std::string out;
  while (!text.empty()) {
    if (text[0] != '\\') {
      out += text[0];
      text.remove_prefix(1);
    } else if (!take_escape(text, out)) {
      return "unknown escape: use " + std::string(kEscapesAllowed);
    }
  }
  value = std::move(out);
  return {};
}

Problem read_template(std::string_view text, std::string& value) {
  if (text.empty()) return "must not be empty";
  if (const Result<MessageFormat> parsed = parse_format(text); !parsed) {
    // The payload, as mosquitto_sub writes it, beside which %t would be the topic.
    if (parsed.error().cause() == Cause::unknown_placeholder && parsed.error().number() == 'p')
      return "unknown %p: %d is the payload, %c the topic, %t the time";
    return parsed.error().text();
  }
  value = text;
  return {};
}

Problem read_header(std::string_view text, std::pair<std::string, std::string>& value) {
  const auto colon = text.find(':');
  if (colon == std::string_view::npos) return "not a header such as 'Name: value'";
  const auto name = text.substr(0, colon);
  if (!is_token(name)) return "the part before ':' is not a header name";
  const auto content = trim(text.substr(colon + 1));
  if (std::any_of(content.begin(), content.end(),
                  [](char c) { return c != '\t' && is_control(c); })) {
    return "control characters in a header";
  }
  value = {std::string(name), std::string(content)};
  return {};
}

Problem read_token(std::string_view text, std::string& value) {
  if (!is_token(text)) return "not a token (letters, digits and !#$%&'*+-.^_`|~)";
  value = text;
  return {};
}

Problem read_close_codes(std::string_view text, std::string& value) {
  if (!CloseCodes::parse(text)) return "not close codes such as 4001,4100-4199, or none";
  value = text;
  return {};
}

Problem read_media_type(std::string_view text, std::string& value) {
  const auto essence = trim(text.substr(0, text.find(';')));
  const auto slash = essence.find('/');
  if (slash == std::string_view::npos || !is_token(essence.substr(0, slash)) ||
      !is_token(essence.substr(slash + 1))) {
    return "not a media type such as application/json";
  }
  return read_line(text, value);
}

Problem read_line(std::string_view text, std::string& value) {
  if (std::any_of(text.begin(), text.end(), is_control))
    return "control characters are not allowed";
  value = text;
  return {};
}

Problem read_word(std::string_view text, std::string& value) {
  if (text.empty()) return "must not be empty";
  return read_line(text, value);
}

Problem read_origin(std::string_view text, std::string& value) {
  constexpr const char* kWrong = "not an origin such as https://example.org:8443";
  const auto mark = text.find("://");
  if (mark == std::string_view::npos || !is_token(text.substr(0, mark))) return kWrong;
  const auto authority = text.substr(mark + 3);
  const bool plain = std::all_of(authority.begin(), authority.end(), [](char c) {
    return is_host_char(c) || c == ':' || c == '[' || c == ']';
  });
  if (authority.empty() || !plain) return kWrong;
  value = ascii_lower(text);
  return {};
}

Problem read_host(std::string_view text, std::string& value) {
  if (text.empty() || !std::all_of(text.begin(), text.end(), is_host_char)) {
    return "not a host name such as hub.example.org (without port)";
  }
  value = ascii_lower(text);
  return {};
}

Problem read_bearer(std::string_view text, std::string& value) {
  const auto visible = [](char c) { return c > 0x20 && c < 0x7f; };
  if (text.empty() || !std::all_of(text.begin(), text.end(), visible)) {
    return "not a token: only visible ASCII characters, without spaces";
  }
  value = text;
  return {};
}

std::string show_duration(Milliseconds value) {
  const auto ms = value.count();
  if (ms % 1000 != 0) return std::to_string(ms) + "ms";
  const auto seconds = ms / 1000;
  if (seconds == 0 || seconds % 60 != 0) return std::to_string(seconds) + "s";
  if (seconds % 3600 != 0) return std::to_string(seconds / 60) + "m";
  return std::to_string(seconds / 3600) + "h";
}

std::string show_size(std::uint64_t value) {
  constexpr const char* kUnits[] = {"", "KiB", "MiB", "GiB"};
  std::size_t unit = 0;
  while (unit < 3 && value >= 1024 && value % 1024 == 0) {
    value /= 1024;
    ++unit;
  }
  return std::to_string(value) + kUnits[unit];
}

}  // namespace rt::cli
