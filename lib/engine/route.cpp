#include "engine/route.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "model/topic.hpp"

namespace rt {
namespace {

// A regular expression's work grows with the square of the name, and a substitution with the name.
constexpr std::size_t kLongestName = 4096;
constexpr std::size_t kMostKnown = 4096;
constexpr std::string_view kSpecial = ".[]()*+?{}|^$\\";

Error fault(std::string_view command, std::string_view what) {
  return Error(Fault::usage, printable(command) + ": " + std::string(what));
}

// The length of the bracket expression that begins the text; 0: it has no end.
std::size_t bracket_length(std::string_view text) {
  std::size_t i = 1;
  if (i < text.size() && text[i] == '^') ++i;
  if (i < text.size() && text[i] == ']') ++i;
  while (i < text.size() && text[i] != ']') {
    const char kind = i + 1 < text.size() ? text[i + 1] : '\0';
    if (text[i] != '[' || (kind != ':' && kind != '.' && kind != '=')) {
      ++i;
      continue;
    }
    const std::size_t end = text.find(std::string{kind, ']'}, i + 2);
    if (end == std::string_view::npos) return 0;
    i = end + 2;
  }
  return i < text.size() ? i + 1 : 0;
}

// The text up to the next unescaped delimiter, escapes kept; takes both off `rest`.
std::optional<std::string> take_field(std::string_view& rest, char delimiter, bool pattern) {
  std::string field;
  while (!rest.empty()) {
    const char c = rest[0];
    if (c == delimiter) {
      rest.remove_prefix(1);
      return field;
    }
    std::size_t length = c == '\\' ? 2 : 1;
    if (pattern && c == '[') length = std::max<std::size_t>(bracket_length(rest), 1);
    if (length > rest.size()) return std::nullopt;
    field += rest.substr(0, length);
    rest.remove_prefix(length);
  }
  return std::nullopt;
}

// An escaped delimiter is that character itself, also where it would mean something else bare.
std::string pattern_text(std::string_view field, char delimiter) {
  std::string out;
  for (std::size_t i = 0; i < field.size(); ++i) {
    if (field[i] == '[') {
      const std::size_t length = std::max<std::size_t>(bracket_length(field.substr(i)), 1);
      out += field.substr(i, length);
      i += length - 1;
    } else if (field[i] != '\\' || i + 1 == field.size()) {
      out += field[i];
    } else if (const char escaped = field[++i]; escaped == 't' && delimiter != 't') {
      out += '\t';
    } else if (escaped == delimiter && kSpecial.find(escaped) == std::string_view::npos) {
      out += escaped;
    } else if (escaped == delimiter && escaped != '^') {
      out += {'[', escaped, ']'};  // a backslash would make an operator of some
    } else {
      out += '\\';
      out += escaped;
    }
  }
  return out;
}

// One element of a pattern: a character, an escape or a bracket expression.
std::string_view element_at(std::string_view pattern, std::size_t i) {
  std::size_t length = 1;
  if (pattern[i] == '[') length = std::max<std::size_t>(bracket_length(pattern.substr(i)), 1);
  if (pattern[i] == '\\' && i + 1 < pattern.size()) length = 2;
  return pattern.substr(i, length);
}

bool is_escape_of(std::string_view element, std::string_view which) {
  return element.size() == 2 && element[0] == '\\' && which.find(element[1]) != which.npos;
}

bool is_basic(std::string_view pattern) {
  for (std::size_t i = 0; i < pattern.size(); i += element_at(pattern, i).size())
    if (is_escape_of(element_at(pattern, i), "({|+?")) return true;
  return false;
}

// The same as an extended one: \( \) \{ \} \| \+ \? are the operators, and bare they are
// characters; so are * and ^ and $ where a basic one has nothing for them to do.
std::string extended_of(std::string_view basic) {
  constexpr std::string_view kSwapped = "(){}|+?";
  std::string out;
  bool begins = true;  // of the pattern, a group or an alternative
  for (std::size_t i = 0; i < basic.size();) {
    const std::string_view element = element_at(basic, i);
    i += element.size();
    const std::string_view rest = basic.substr(i);
    const bool ends = rest.empty() || rest.starts_with("\\)") || rest.starts_with("\\|");
    const bool opens = is_escape_of(element, "(|");
    if (is_escape_of(element, kSwapped)) {
      out += element[1];
    } else if (element.size() == 1 && kSwapped.find(element[0]) != kSwapped.npos) {
      out += '\\';
      out += element;
    } else if ((element == "*" && begins) || (element == "^" && !begins) ||
               (element == "$" && !ends)) {
      out += '\\';
      out += element;
    } else {
      out += element;
    }
    begins = opens || (begins && element == "^");
  }
  return out;
}

// What the regular expressions here do not know, and would take for the letter.
std::optional<Error> unknown_escape(std::string_view extended) {
  for (std::size_t i = 0; i < extended.size();) {
    const std::string_view element = element_at(extended, i);
    i += element.size();
    if (element[0] != '\\') continue;
    if (element.size() == 1) return Error(Fault::usage, "the pattern ends with a backslash");
    const char c = element[1];
    if (c >= '1' && c <= '9')
      return Error(Fault::usage, printable(element) + " in the pattern is not supported");
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '0' || c == '<' ||
                        c == '>' || c == '`' || c == '\'';
    if (letter)
      return Error(Fault::usage, printable(element) +
                                     " in the pattern is not supported: write a bracket "
                                     "expression, such as [[:alnum:]_]");
  }
  return std::nullopt;
}

// What stands for a character here and is refused as an escape by the library.
std::string plain_escapes(std::string_view extended) {
  std::string out;
  for (std::size_t i = 0; i < extended.size();) {
    const std::string_view element = element_at(extended, i);
    i += element.size();
    if (element == "\\}") {
      out += "[}]";
      continue;
    }
    const bool needless = element.size() == 2 && element[0] == '\\' &&
                          kSpecial.find(element[1]) == std::string_view::npos;
    out += needless ? element.substr(1) : element;
  }
  return out;
}

}  // namespace

Result<Substitution> Substitution::parse(std::string_view command) {
  if (command.size() < 2 || command[0] != 's')
    return fault(command, "is no s command: write s#PATTERN#REPLACEMENT#");
  const char delimiter = command[1];
  if (delimiter == '\\' || delimiter == '\n')
    return fault(command, "a backslash or a line's end cannot be the delimiter");
  std::string_view rest = command.substr(2);
  const auto pattern = take_field(rest, delimiter, true);
  const auto replacement = pattern ? take_field(rest, delimiter, false) : std::nullopt;
  if (!replacement)
    return fault(command, std::string("is not ended: write s") + delimiter + "PATTERN" + delimiter +
                              "REPLACEMENT" + delimiter);
  if (pattern->empty()) return fault(command, "has no pattern");

  Substitution out;
  const Result<Flags> flags = out.read_flags(rest);
  if (!flags) return fault(command, flags.error().text());
  if (Result<void> read = out.read_pattern(pattern_text(*pattern, delimiter), *flags); !read)
    return fault(command, read.error().text());
  if (Result<void> read = out.read_replacement(*replacement, delimiter); !read)
    return fault(command, read.error().text());
  return out;
}

Result<Substitution::Flags> Substitution::read_flags(std::string_view rest) {
  Flags flags;
  bool numbered = false;
  for (; !rest.empty(); rest.remove_prefix(1)) {
    const char flag = rest[0];
    if (flag == 'g') {
      all_ = true;
    } else if (flag == 'i' || flag == 'I') {
      flags.ignore_case = true;
    } else if (flag == 'E') {
      flags.extended = true;
    } else if (flag >= '1' && flag <= '9' && !numbered) {
      std::size_t digits = 1;
      while (digits < rest.size() && rest[digits] >= '0' && rest[digits] <= '9') ++digits;
      const auto number = parse_uint(rest.substr(0, digits));
      if (!number) return Error(Fault::usage, "the number of the match is too large");
      first_ = static_cast<std::size_t>(*number);
      numbered = true;
      rest.remove_prefix(digits - 1);
    } else {
      return Error(Fault::usage, "flag " + printable(std::string(1, flag)) +
                                     " is none of g, i, I, E and one number");
    }
  }
  return flags;
}

Result<void> Substitution::read_pattern(const std::string& pattern, Flags with) {
  const std::string extended = !with.extended && is_basic(pattern) ? extended_of(pattern) : pattern;
  if (auto unknown = unknown_escape(extended)) return *unknown;
  auto compiled =
      Regex::compile(plain_escapes(extended),
                     with.ignore_case ? LetterCase::any : LetterCase::matters, Groups::wanted);
  if (!compiled) return Error(Fault::usage, "the pattern is no regular expression (POSIX)");
  pattern_ = *std::move(compiled);
  return {};
}

Result<void> Substitution::read_replacement(std::string_view text, char delimiter) {
  const auto add_char = [this](char c) {
    if (parts_.empty() || parts_.back().group >= 0) parts_.push_back({});
    parts_.back().text += c;
  };
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '&') {
      parts_.push_back({{}, 0});
    } else if (c != '\\') {
      add_char(c);
    } else {
      const char escaped = text[++i];  // take_field gives no lone backslash at the end
      if (escaped >= '0' && escaped <= '9' && escaped != delimiter) {
        const int group = escaped - '0';
        if (static_cast<std::size_t>(group) > pattern_->group_count())
          return Error(Fault::usage, std::string("\\") + escaped + " has no group in the pattern");
        parts_.push_back({{}, group});
      } else if (escaped == 't' && delimiter != 't') {
        add_char('\t');
      } else {
        add_char(escaped);
      }
    }
  }
  return {};
}

void Substitution::append_replacement(std::string& out, const std::string& text,
                                      const std::vector<Regex::Place>& match) const {
  for (const Part& part : parts_) {
    if (part.group < 0) {
      out += part.text;
      continue;
    }
    const Regex::Place& place = match[static_cast<std::size_t>(part.group)];
    if (place.begin != std::string::npos) out.append(text, place.begin, place.end - place.begin);
  }
}

// As sed does it: an empty match right behind the one before is none.
Result<bool> Substitution::apply(std::string& text) const {
  std::string out;
  std::size_t copied = 0;
  std::size_t number = 0;
  bool changed = false;
  for (std::size_t from = 0, last_end = std::string::npos; from <= text.size();) {
    const auto match = pattern_->find(text, from);
    if (!match) return match.error();
    if (match->empty()) break;
    const auto [begin, end] = match->front();
    const bool empty = begin == end;
    if (!empty || begin != last_end) {
      if (++number >= first_) {
        out.append(text, copied, begin - copied);
        append_replacement(out, text, *match);
        copied = end;
        changed = true;
        if (!all_) break;
      }
      last_end = end;
    }
    from = empty ? end + 1 : end;
  }
  if (!changed) return false;
  out.append(text, copied, std::string::npos);
  text = std::move(out);
  return true;
}

Result<Route> Route::make(const std::vector<std::string>& maps,
                          const std::vector<std::string>& filters) {
  Route route;
  for (const std::string& map : maps) {
    Result<Substitution> substitution = Substitution::parse(map);
    if (!substitution) return substitution.error().within("--map");
    route.maps_.push_back(std::move(*substitution));
  }
  for (const std::string& filter : filters) {
    if (!valid_filter(filter))
      return Error(Fault::usage, "--filter: " + printable(filter) +
                                     " is no topic filter: + stands for one whole level, # for all "
                                     "that follow, at the end");
    route.filters_.push_back(filter);
  }
  return route;
}

const Route::Answer& Route::of(const std::string& channel) {
  const auto found = known_.find(channel);
  if (found != known_.end()) return found->second;
  if (known_.size() >= kMostKnown) known_.clear();
  return known_.emplace(channel, decide(channel)).first->second;
}

Route::Answer Route::decide(const std::string& channel) const {
  if (channel.size() > kLongestName) return {Verdict::invalid, {}};
  std::string topic = topic_of(channel);
  if (!filters_.empty() &&
      std::none_of(filters_.begin(), filters_.end(),
                   [&](const std::string& filter) { return matches(filter, topic); }))
    return {Verdict::filtered, {}};
  const bool rooted = !topic.empty() && topic[0] == '/';
  bool changed = false;
  for (const Substitution& map : maps_) {
    const Result<bool> applied = map.apply(topic);
    if (!applied || topic.size() > kLongestName) return {Verdict::invalid, {}};
    changed = *applied || changed;
  }
  if (!changed) return {Verdict::passes, channel};
  if (!rooted && !topic.empty() && topic[0] == '/') topic.erase(0, 1);
  std::string named = channel_of(topic);
  if (check_channel(named) != ChannelFault::none) return {Verdict::invalid, {}};
  return {Verdict::passes, std::move(named)};
}

}  // namespace rt
