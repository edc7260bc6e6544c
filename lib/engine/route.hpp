#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/regex.hpp"
#include "base/result.hpp"

namespace rt {

// One `s` command of sed (POSIX, "sed", s): s#PATTERN#REPLACEMENT#FLAGS with any delimiter.
//
// The pattern is a POSIX extended regular expression, or a basic one when it has `\(`, `\{`, `\|`,
// `\+` or `\?`, as GNU sed reads them, and no flag E. In the replacement & is the match and \1 to
// \9 its groups. An escaped delimiter stands for itself, and one in a bracket expression does not
// end the pattern. Flags: g (all matches), a number (the match of that number; with g from there
// on), i or I (without regard to case), E (the pattern is extended).
class Substitution {
 public:
  // Errors (usage) say what is wrong with the command.
  static Result<Substitution> parse(std::string_view command);

  // Changes the text, which has no NUL in it; false when nothing matched. An error: the text asks
  // for too much work.
  Result<bool> apply(std::string& text) const;

 private:
  struct Part {
    std::string text;
    int group = -1;  // that group of the match; -1: the text
  };
  struct Flags {
    bool ignore_case = false;
    bool extended = false;
  };
  Result<Flags> read_flags(std::string_view text);
  Result<void> read_pattern(const std::string& pattern, Flags flags);
  Result<void> read_replacement(std::string_view text, char delimiter);

  void append_replacement(std::string& out, const std::string& text,
                          const std::vector<Regex::Place>& match) const;

  std::optional<Regex> pattern_;  // always, once parse() has given it
  std::vector<Part> parts_;
  std::size_t first_ = 1;  // number of the first match that is replaced
  bool all_ = false;
};

// Which channels pass, and under what name.
//
// Filters and substitutions see the topic: the channel without its first slash, percent-decoded.
// The filters see it as it came; what none of them matches does not pass. The substitutions are
// then applied in order. A slash that they put before a topic that began with none is the
// channel's own: `s#^lab/#/#` and `s#^lab/##` both make /x of /lab/x.
class Route {
 public:
  enum class Verdict : std::uint8_t {
    passes,
    filtered,  // no filter matches
    invalid,   // the new name is no channel, or the old one is too long to be looked at
  };
  struct Answer {
    Verdict verdict = Verdict::passes;
    std::string channel;  // percent-encoded, canonical; empty when it does not pass
  };

  Route() = default;
  // Errors (usage) name the filter or the command.
  static Result<Route> make(const std::vector<std::string>& maps,
                            const std::vector<std::string>& filters);

  // Everything passes as it is.
  bool trivial() const { return maps_.empty() && filters_.empty(); }
  bool renames() const { return !maps_.empty(); }
  // A message without a channel ("") has the empty topic. Answers are remembered: the reference
  // lasts until the next call.
  const Answer& of(const std::string& channel);

 private:
  Answer decide(const std::string& channel) const;

  std::vector<Substitution> maps_;
  std::vector<std::string> filters_;
  std::unordered_map<std::string, Answer> known_;
};

}  // namespace rt
