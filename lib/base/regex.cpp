#include "base/regex.hpp"

#include <regex.h>

#include <cstring>

namespace rt {

struct Regex::Compiled {
  Compiled() = default;
  ~Compiled() {
    if (good) regfree(&regex);
  }
  Compiled(const Compiled&) = delete;
  Compiled& operator=(const Compiled&) = delete;

  regex_t regex{};
  bool good = false;
};

Result<Regex> Regex::compile(const std::string& source, LetterCase letter_case, RegexUse use) {
  auto compiled = std::make_shared<Compiled>();
  const int flags = (letter_case == LetterCase::any ? REG_ICASE : 0) |
                    (use == RegexUse::found_in ? REG_NOSUB : 0);
  const int failed = regcomp(&compiled->regex, source.c_str(), REG_EXTENDED | flags);
  if (failed != 0) {
    char words[256];
    regerror(failed, &compiled->regex, words, sizeof words);
    return Error(Fault::usage, words);
  }
  compiled->good = true;
  Regex out;
  out.compiled_ = std::move(compiled);
  return out;
}

bool Regex::found_in(std::string_view bytes) const {
#ifdef REG_STARTEND
  regmatch_t whole{};
  whole.rm_eo = static_cast<regoff_t>(bytes.size());
  // An empty view may point nowhere.
  const char* const begin = bytes.empty() ? "" : bytes.data();
  return regexec(&compiled_->regex, begin, 1, &whole, REG_STARTEND) == 0;
#else
  return regexec(&compiled_->regex, std::string(bytes).c_str(), 0, nullptr, 0) == 0;
#endif
}

std::vector<Regex::Span> Regex::search(std::string_view bytes, std::size_t from,
                                       std::size_t groups) const {
  std::vector<regmatch_t> found(groups + 1);
  const int flags = from > 0 ? REG_NOTBOL : 0;
#ifdef REG_STARTEND
  found[0].rm_so = static_cast<regoff_t>(from);
  found[0].rm_eo = static_cast<regoff_t>(bytes.size());
  const char* const begin = bytes.empty() ? "" : bytes.data();
  const std::size_t moved = 0;
  if (regexec(&compiled_->regex, begin, found.size(), found.data(), flags | REG_STARTEND) != 0)
    return {};
#else
  const std::string rest(bytes.substr(from));
  const std::size_t moved = from;
  if (regexec(&compiled_->regex, rest.c_str(), found.size(), found.data(), flags) != 0) return {};
#endif
  std::vector<Span> spans;
  for (const regmatch_t& one : found) {
    spans.push_back({});
    if (one.rm_so < 0) continue;
    spans.back().begin = static_cast<std::size_t>(one.rm_so) + moved;
    spans.back().end = static_cast<std::size_t>(one.rm_eo) + moved;
  }
  return spans;
}

std::size_t Regex::groups() const {
  return compiled_->regex.re_nsub;
}

bool contains_bytes(std::string_view bytes, std::string_view text) {
  if (text.empty()) return true;
  return memmem(bytes.data(), bytes.size(), text.data(), text.size()) != nullptr;
}

}  // namespace rt
