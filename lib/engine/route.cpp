#include "engine/route.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "model/topic.hpp"

namespace rt {
namespace {

// std::regex recurses over what it reads.
constexpr std::size_t kLongestName = 4096;
constexpr std::size_t kMostKnown = 4096;
constexpr std::string_view kSpecial = ".[]()*+?{}|^$\\";

Error fault(std::string_view command, std::string_view what) {
  return Error(Fault::usage, printable(command) + ": " + std::string(what));
}

// The text up to the next unescaped delimiter, escapes kept; takes both off `rest`.
std::optional<std::string> take_field(std::string_view& rest, char delimiter) {
  std::string field;
  while (!rest.empty()) {
    const char c = rest[0];
    if (c == delimiter) {
      rest.remove_prefix(1);
      return field;
    }
    field += c;
    rest.remove_prefix(1);
    if (c != '\\') continue;
    if (rest.empty()) return std::nullopt;
    field += rest[0];
    rest.remove_prefix(1);
  }
  return std::nullopt;
}

// An escaped delimiter is that character itself, also where it would mean something else bare.
std::string pattern_text(std::string_view field, char delimiter) {
  std::string out;
  for (std::size_t i = 0; i < field.size(); ++i) {
    if (field[i] != '\\' || i + 1 == field.size()) {
      out += field[i];
      continue;
    }
    const char escaped = field[++i];
    if (escaped == 't' && delimiter != 't') {
      out += '\t';
    } else if (escaped == delimiter && kSpecial.find(escaped) == std::string_view::npos) {
      out += escaped;
    } else {
      out += '\\';
      out += escaped;
    }
  }
  return out;
}

bool is_basic(std::string_view pattern) {
  for (std::size_t i = 0; i + 1 < pattern.size(); ++i) {
    if (pattern[i] != '\\') continue;
    ++i;
    if (pattern[i] == '(' || pattern[i] == '{') return true;
  }
  return false;
}

}  // namespace

Result<Substitution> Substitution::parse(std::string_view command) {
  if (command.size() < 2 || command[0] != 's')
    return fault(command, "is no s command: write s#PATTERN#REPLACEMENT#");
  const char delimiter = command[1];
  if (delimiter == '\\' || delimiter == '\n')
    return fault(command, "a backslash or a line's end cannot be the delimiter");
  std::string_view rest = command.substr(2);
  const auto pattern = take_field(rest, delimiter);
  const auto replacement = pattern ? take_field(rest, delimiter) : std::nullopt;
  if (!replacement)
    return fault(command, std::string("is not ended: write s") + delimiter + "PATTERN" + delimiter +
                              "REPLACEMENT" + delimiter);
  if (pattern->empty()) return fault(command, "has no pattern");

  Substitution out;
  bool ignore_case = false;
  bool numbered = false;
  for (; !rest.empty(); rest.remove_prefix(1)) {
    const char flag = rest[0];
    if (flag == 'g') {
      out.all_ = true;
    } else if (flag == 'i' || flag == 'I') {
      ignore_case = true;
    } else if (flag >= '1' && flag <= '9' && !numbered) {
      std::size_t digits = 1;
      while (digits < rest.size() && rest[digits] >= '0' && rest[digits] <= '9') ++digits;
      const auto number = parse_uint(rest.substr(0, digits));
      if (!number) return fault(command, "the number of the match is too large");
      out.first_ = static_cast<std::size_t>(*number);
      numbered = true;
      rest.remove_prefix(digits - 1);
    } else {
      return fault(command, "flag " + printable(std::string(1, flag)) +
                                " is none of g, i, I and one number");
    }
  }
  if (Result<void> read = out.read_pattern(pattern_text(*pattern, delimiter), ignore_case); !read)
    return fault(command, read.error().text());
  if (Result<void> read = out.read_replacement(*replacement, delimiter); !read)
    return fault(command, read.error().text());
  return out;
}

Result<void> Substitution::read_pattern(const std::string& pattern, bool ignore_case) {
  auto flags = is_basic(pattern) ? std::regex::basic : std::regex::extended;
  if (ignore_case) flags |= std::regex::icase;
  try {
    pattern_.assign(pattern, flags);
  } catch (const std::regex_error&) {
    return Error(Fault::usage, "the pattern is no regular expression (POSIX)");
  }
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
        if (static_cast<unsigned>(group) > pattern_.mark_count())
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

bool Substitution::apply(std::string& text) const {
  std::string out;
  std::size_t copied = 0;
  std::size_t number = 0;
  bool changed = false;
  for (std::sregex_iterator match(text.begin(), text.end(), pattern_), end; match != end; ++match) {
    if (++number < first_) continue;
    const auto at = static_cast<std::size_t>(match->position());
    out.append(text, copied, at - copied);
    for (const Part& part : parts_) {
      if (part.group < 0)
        out += part.text;
      else
        out += match->str(static_cast<std::size_t>(part.group));
    }
    copied = at + static_cast<std::size_t>(match->length());
    changed = true;
    if (!all_) break;
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
  try {
    for (const Substitution& map : maps_) {
      changed = map.apply(topic) || changed;
      if (topic.size() > kLongestName) return {Verdict::invalid, {}};
    }
  } catch (const std::regex_error&) {  // it gave up: the name asks for too much work
    return {Verdict::invalid, {}};
  }
  if (!changed) return {Verdict::passes, channel};
  if (!rooted && !topic.empty() && topic[0] == '/') topic.erase(0, 1);
  std::string named = channel_of(topic);
  if (check_channel(named) != ChannelFault::none) return {Verdict::invalid, {}};
  return {Verdict::passes, std::move(named)};
}

}  // namespace rt
