#include "base/text.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>

#include "base/edit_distance.hpp"

namespace rt {
namespace {

constexpr char kHex[] = "0123456789ABCDEF";
constexpr char kBase64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

bool unreserved(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '.' || c == '_' || c == '~';
}

void append_escaped(std::string& out, char c) {
  const auto byte = static_cast<unsigned char>(c);
  out += '%';
  out += kHex[byte >> 4];
  out += kHex[byte & 15];
}

bool continuation(unsigned char c) {
  return (c & 0xC0) == 0x80;
}

// The length of the well-formed sequence at the start of `s`, or 0.
std::size_t utf8_sequence(std::string_view s) {
  const auto at = [&](std::size_t i) { return static_cast<unsigned char>(s[i]); };
  const unsigned char lead = at(0);
  if (lead < 0x80) return 1;
  if (lead >= 0xC2 && lead <= 0xDF) return s.size() >= 2 && continuation(at(1)) ? 2 : 0;
  if (lead >= 0xE0 && lead <= 0xEF) {
    if (s.size() < 3 || !continuation(at(1)) || !continuation(at(2))) return 0;
    if (lead == 0xE0 && at(1) < 0xA0) return 0;
    if (lead == 0xED && at(1) > 0x9F) return 0;
    return 3;
  }
  if (lead >= 0xF0 && lead <= 0xF4) {
    if (s.size() < 4 || !continuation(at(1)) || !continuation(at(2)) || !continuation(at(3)))
      return 0;
    if (lead == 0xF0 && at(1) < 0x90) return 0;
    if (lead == 0xF4 && at(1) > 0x8F) return 0;
    return 4;
  }
  return 0;
}

// A decimal number in millionths, so that "0.29" seconds are 290 milliseconds and not 289.
struct Decimal {
  std::uint64_t whole = 0;
  std::uint64_t millionths = 0;

  // The number times `factor`, rounded down; nullopt above `most`.
  std::optional<std::uint64_t> times(std::uint64_t factor, std::uint64_t most) const {
    const std::uint64_t fraction = millionths * factor / 1'000'000;
    if (fraction > most || whole > (most - fraction) / factor) return std::nullopt;
    return whole * factor + fraction;
  }
};

// A number with an optional fraction at the start of `text`, which is advanced past it.
std::optional<Decimal> leading_number(std::string_view& text) {
  const auto take_digits = [&] {
    const std::size_t n = std::min(text.find_first_not_of("0123456789"), text.size());
    const std::string_view digits = text.substr(0, n);
    text.remove_prefix(n);
    return digits;
  };
  const std::string_view whole = take_digits();
  std::string_view fraction;
  if (!text.empty() && text[0] == '.') {
    text.remove_prefix(1);
    fraction = take_digits();
  }
  if (whole.empty() && fraction.empty()) return std::nullopt;
  Decimal out;
  if (!whole.empty()) {
    const auto value = parse_uint(whole);
    if (!value) return std::nullopt;
    out.whole = *value;
  }
  std::uint64_t weight = 100'000;
  for (const char c : fraction) {
    out.millionths += weight * static_cast<std::uint64_t>(c - '0');
    weight /= 10;
  }
  return out;
}

}  // namespace

char ascii_lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
}

std::string ascii_lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = ascii_lower(c);
  return out;
}

bool iequals(std::string_view a, std::string_view b) {
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) {
           return ascii_lower(x) == ascii_lower(y);
         });
}

std::string_view trim(std::string_view text) {
  const auto space = [](char c) { return c == ' ' || c == '\t'; };
  while (!text.empty() && space(text.front())) text.remove_prefix(1);
  while (!text.empty() && space(text.back())) text.remove_suffix(1);
  return text;
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> out;
  for (;;) {
    const std::size_t at = text.find(separator);
    out.push_back(text.substr(0, at));
    if (at == std::string_view::npos) return out;
    text.remove_prefix(at + 1);
  }
}

std::optional<std::uint64_t> parse_uint(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || failed != std::errc() || end != text.data() + text.size())
    return std::nullopt;
  return value;
}

std::optional<std::uint64_t> parse_size(std::string_view text) {
  const auto number = leading_number(text);
  if (!number) return std::nullopt;
  std::uint64_t factor = 1;
  if (!text.empty() && !iequals(text, "B")) {
    constexpr std::string_view kUnits = "kmgt";
    const std::size_t unit = kUnits.find(ascii_lower(text[0]));
    if (unit == std::string_view::npos) return std::nullopt;
    const std::string_view rest = text.substr(1);
    if (!rest.empty() && !iequals(rest, "b") && !iequals(rest, "ib")) return std::nullopt;
    factor = std::uint64_t{1} << (10 * (unit + 1));
  }
  return number->times(factor, INT64_MAX);
}

std::optional<std::int64_t> parse_duration_ms(std::string_view text) {
  const auto number = leading_number(text);
  if (!number) return std::nullopt;
  std::uint64_t factor = 0;
  if (text.empty() || text == "s") factor = 1000;
  if (text == "ms") factor = 1;
  if (text == "m" || text == "min") factor = 60'000;
  if (text == "h") factor = 3'600'000;
  if (text == "d") factor = 86'400'000;
  if (factor == 0) return std::nullopt;
  const auto ms = number->times(factor, 100'000'000'000'000);
  if (!ms) return std::nullopt;
  return static_cast<std::int64_t>(*ms);
}

std::string seconds_text(std::int64_t milliseconds) {
  const std::int64_t tenths = (milliseconds + 50) / 100;
  return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) + " s";
}

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::optional<std::string> percent_decode(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    if (i + 2 >= text.size()) return std::nullopt;
    const int high = hex_value(text[i + 1]);
    const int low = hex_value(text[i + 2]);
    if (high < 0 || low < 0) return std::nullopt;
    out += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return out;
}

std::string percent_encode_path(std::string_view bytes, bool keep_slash) {
  constexpr std::string_view kAllowed = "!$&'()*+,;=:@";
  std::string out;
  for (const char c : bytes) {
    if (unreserved(c) || kAllowed.find(c) != std::string_view::npos || (keep_slash && c == '/'))
      out += c;
    else
      append_escaped(out, c);
  }
  return out;
}

std::string percent_encode(std::string_view bytes) {
  std::string out;
  for (const char c : bytes) {
    if (unreserved(c))
      out += c;
    else
      append_escaped(out, c);
  }
  return out;
}

std::string hex_encode(std::string_view bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string out;
  out.reserve(2 * bytes.size());
  for (const char c : bytes) {
    out += kDigits[static_cast<unsigned char>(c) >> 4];
    out += kDigits[static_cast<unsigned char>(c) & 15];
  }
  return out;
}

std::string base64_encode(std::string_view bytes) {
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::size_t n = std::min<std::size_t>(3, bytes.size() - i);
    std::uint32_t group = 0;
    for (std::size_t k = 0; k < 3; ++k)
      group = group << 8 | (k < n ? static_cast<unsigned char>(bytes[i + k]) : 0u);
    for (std::size_t k = 0; k < 4; ++k) out += k <= n ? kBase64[group >> (18 - 6 * k) & 63] : '=';
  }
  return out;
}

std::optional<std::string> base64_decode(std::string_view text) {
  static const auto table = [] {
    std::array<signed char, 256> t{};
    t.fill(-1);
    for (int i = 0; i < 64; ++i)
      t[static_cast<unsigned char>(kBase64[i])] = static_cast<signed char>(i);
    return t;
  }();
  if (text.size() % 4 != 0) return std::nullopt;
  std::string out;
  out.reserve(text.size() / 4 * 3);
  for (std::size_t i = 0; i < text.size(); i += 4) {
    std::size_t padding = 0;
    if (i + 4 == text.size() && text[i + 3] == '=') padding = text[i + 2] == '=' ? 2 : 1;
    std::uint32_t group = 0;
    for (std::size_t k = 0; k < 4; ++k) {
      const int value = k < 4 - padding ? table[static_cast<unsigned char>(text[i + k])] : 0;
      if (value < 0) return std::nullopt;
      group = group << 6 | static_cast<std::uint32_t>(value);
    }
    if (padding == 1 && (group & 0xFF) != 0) return std::nullopt;
    if (padding == 2 && (group & 0xFFFF) != 0) return std::nullopt;
    for (std::size_t k = 0; k < 3 - padding; ++k)
      out += static_cast<char>(group >> (16 - 8 * k) & 255);
  }
  return out;
}

namespace {

// What a terminal shows nothing of, but may turn the text around it by, or break the line at.
bool steers_text(std::string_view character) {
  constexpr std::array<std::string_view, 14> kSteering = {
      "\u061C", "\u200E", "\u200F", "\u2028", "\u2029", "\u202A", "\u202B",
      "\u202C", "\u202D", "\u202E", "\u2066", "\u2067", "\u2068", "\u2069"};
  return character == "\uFEFF" ||
         std::find(kSteering.begin(), kSteering.end(), character) != kSteering.end();
}

// C1 controls (U+0080 to U+009F) can steer a terminal as well as C0 ones.
bool is_control(std::string_view character) {
  const auto first = static_cast<unsigned char>(character[0]);
  if (character.size() == 1) return first < 0x20 || first >= 0x7F;
  return character.size() == 2 && first == 0xC2 && static_cast<unsigned char>(character[1]) < 0xA0;
}

void append_hex_escapes(std::string& out, std::string_view bytes) {
  for (const char byte : bytes) {
    out += "\\x";
    out += kHex[static_cast<unsigned char>(byte) >> 4];
    out += kHex[static_cast<unsigned char>(byte) & 15];
  }
}

}  // namespace

std::string printable(std::string_view bytes, std::size_t limit) {
  std::string out;
  while (!bytes.empty()) {
    const std::string_view character =
        bytes.substr(0, std::max<std::size_t>(1, utf8_sequence(bytes)));
    const std::size_t before = out.size();
    if (is_control(character) || (character.size() > 1 && steers_text(character)))
      append_hex_escapes(out, character);
    else
      out += character;
    if (out.size() > limit) {
      out.resize(before);
      return out + "...";
    }
    bytes.remove_prefix(character.size());
  }
  return out;
}

void append_visible(std::string& out, std::string_view text) {
  while (!text.empty()) {
    const std::string_view character =
        text.substr(0, std::max<std::size_t>(1, utf8_sequence(text)));
    if (is_control(character) && character != "\n" && character != "\t")
      append_hex_escapes(out, character);
    else
      out += character;
    text.remove_prefix(character.size());
  }
}

std::optional<std::string_view> suggestion(std::string_view typed,
                                           const std::vector<std::string_view>& candidates) {
  if (typed.size() > 64) return std::nullopt;
  std::optional<std::string_view> best;
  std::size_t best_distance = std::max<std::size_t>(1, typed.size() / 3) + 1;
  for (const std::string_view candidate : candidates) {
    const std::size_t far = edit_distance(typed, candidate);
    if (far < best_distance) {
      best_distance = far;
      best = candidate;
    }
  }
  return best;
}

}  // namespace rt
