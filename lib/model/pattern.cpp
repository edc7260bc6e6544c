#include "model/pattern.hpp"

#include <algorithm>
#include <cctype>
#include <cstddef>
#include <optional>
#include <utility>

namespace rt {
namespace {

// From here on regexec() may be slow to give up; a text of a command line is shorter.
constexpr std::size_t kLongest = 4096;

struct Written {
  std::string_view regex;
  bool any_case;
};

// Nothing: it is a text.
std::optional<Written> as_regex(std::string_view text) {
  if (text.size() < 2 || text.front() != '/') return std::nullopt;
  const bool any_case = text.size() > 2 && text.ends_with("/i");
  if (!any_case && text.back() != '/') return std::nullopt;
  return Written{text.substr(1, text.size() - (any_case ? 3 : 2)), any_case};
}

// Behind the bracket expression that begins at `at`.
std::size_t behind_bracket(std::string_view regex, std::size_t at) {
  ++at;
  if (at < regex.size() && regex[at] == '^') ++at;
  if (at < regex.size() && regex[at] == ']') ++at;
  while (at < regex.size() && regex[at] != ']') {
    // [:alpha:], [.x.], [=e=]
    const char kind = at + 1 < regex.size() && regex[at] == '[' ? regex[at + 1] : '\0';
    std::size_t end = std::string_view::npos;
    if (kind == ':' || kind == '.' || kind == '=') end = regex.find(std::string{kind, ']'}, at + 2);
    at = end == std::string_view::npos ? at + 1 : end + 2;
  }
  return std::min(at + 1, regex.size());
}

// Of the letters behind a backslash that POSIX leaves open, and a slash.
std::string_view meaning_of(char escaped) {
  switch (escaped) {
    case '/':
      return "/";
    case 'd':
      return "[0-9]";
    case 'D':
      return "[^0-9]";
    case 's':
      return "[[:space:]]";
    case 'S':
      return "[^[:space:]]";
    case 'w':
      return "[[:alnum:]_]";
    case 'W':
      return "[^[:alnum:]_]";
    case 'n':
      return "\n";
    case 'r':
      return "\r";
    case 't':
      return "\t";
    default:
      return {};
  }
}

struct Sources {
  std::string anywhere;  // for a match that begins behind the first byte: `^` matches nowhere
  std::string at_begin;  // for one at the first; empty when it is the same
};

// What matches nowhere: something behind the end.
constexpr std::string_view kNowhere = "($a)";

// regcomp() judges the rest. What is asked here is whether the expression can stand in a group, and
// whether it is one at all: back references are none, and take exponential time.
Result<Sources> sources_of(std::string_view regex) {
  const auto wrong = [](std::string text) { return Error(Fault::usage, std::move(text)); };
  std::string out;
  std::string anywhere;
  std::size_t copied = 0;  // of out
  bool anchored = false;
  std::size_t open = 0;
  for (std::size_t i = 0; i < regex.size();) {
    if (regex[i] == '[') {
      const std::size_t end = behind_bracket(regex, i);
      out += regex.substr(i, end - i);
      i = end;
      continue;
    }
    if (regex[i] == '\\' && i + 1 < regex.size()) {
      const char escaped = regex[i + 1];
      if (escaped >= '1' && escaped <= '9')
        return wrong("a regular expression cannot refer back: \\" + std::string(1, escaped));
      const std::string_view stands_for = meaning_of(escaped);
      if (stands_for.empty() && std::isalnum(static_cast<unsigned char>(escaped)) != 0)
        return wrong("a regular expression knows no \\" + std::string(1, escaped));
      if (stands_for.empty())
        (out += '\\') += escaped;
      else
        out += stands_for;
      i += 2;
      continue;
    }
    if (regex[i] == '^') {
      anywhere.append(out, copied).append(kNowhere);
      out += regex[i++];
      copied = out.size();
      anchored = true;
      continue;
    }
    if (regex[i] == '(') ++open;
    if (regex[i] == ')' && open-- == 0) return wrong("a ) without its (: write \\)");
    out += regex[i++];
  }
  anywhere.append(out, copied);
  return Sources{std::move(anywhere), anchored ? std::move(out) : std::string()};
}

}  // namespace

Result<Pattern> Pattern::parse(std::string_view text) {
  if (text.empty()) return Error(Fault::usage, "a pattern cannot be empty");
  if (text.size() > kLongest)
    return Error(Fault::usage,
                 "a pattern cannot be longer than " + std::to_string(kLongest) + " bytes");
  const std::optional<Written> written = as_regex(text);
  if (!written) return Pattern(text, text);
  if (written->regex.empty()) return Error(Fault::usage, "a regular expression cannot be empty");
  // regcomp() would leave out the rest.
  if (written->regex.find('\0') != std::string_view::npos)
    return Error(Fault::usage, "a regular expression cannot have a NUL byte in it");
  const Result<Sources> sources = sources_of(written->regex);
  if (!sources) return sources.error();
  const std::string& whole = sources->at_begin.empty() ? sources->anywhere : sources->at_begin;
  const LetterCase letter_case = written->any_case ? LetterCase::any : LetterCase::matters;
  if (const auto alone = Regex::compile(whole, letter_case); !alone) return alone.error();
  // regexec() begins anew at each byte: quadratic where a payload is made for it. Anchored, and
  // with a way over any bytes in front (a dot is no NUL), it passes once. But on such a way glibc
  // takes the byte behind a newline for a beginning: a `^` gets a pass of its own.
  auto anywhere = Regex::compile("^([^a]|a)*(" + sources->anywhere + ")", letter_case);
  if (!anywhere) return anywhere.error();
  Pattern out(text, {});
  out.anywhere_ = *std::move(anywhere);
  if (sources->at_begin.empty()) return out;
  auto at_begin = Regex::compile("^(" + sources->at_begin + ")", letter_case);
  if (!at_begin) return at_begin.error();
  out.at_begin_ = *std::move(at_begin);
  return out;
}

bool Pattern::matches(std::string_view payload) const {
  if (!anywhere_) return contains_bytes(payload, plain_);
  return (at_begin_ && at_begin_->found_in(payload)) || anywhere_->found_in(payload);
}

}  // namespace rt
