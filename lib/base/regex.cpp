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

Result<Regex> Regex::compile(const std::string& source, LetterCase letter_case, Groups groups) {
  auto compiled = std::make_shared<Compiled>();
  int flags = REG_EXTENDED;
  if (letter_case == LetterCase::any) flags |= REG_ICASE;
  if (groups == Groups::passed_over) flags |= REG_NOSUB;
  const int failed = regcomp(&compiled->regex, source.c_str(), flags);
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

Result<std::vector<Regex::Place>> Regex::find(const std::string& bytes, std::size_t from) const {
  std::vector<regmatch_t> found(group_count() + 1);
  const int flags = from > 0 ? REG_NOTBOL : 0;
  const int failed =
      regexec(&compiled_->regex, bytes.c_str() + from, found.size(), found.data(), flags);
  std::vector<Place> places;
  if (failed == REG_NOMATCH) return places;
  if (failed != 0) return Error(Fault::other, "the regular expression asks for too much");
  places.resize(found.size());
  for (std::size_t i = 0; i < found.size(); ++i) {
    if (found[i].rm_so < 0) continue;
    places[i] = {from + static_cast<std::size_t>(found[i].rm_so),
                 from + static_cast<std::size_t>(found[i].rm_eo)};
  }
  return places;
}

std::size_t Regex::group_count() const {
  return compiled_->regex.re_nsub;
}

bool contains_bytes(std::string_view bytes, std::string_view text) {
  if (text.empty()) return true;
  return memmem(bytes.data(), bytes.size(), text.data(), text.size()) != nullptr;
}

}  // namespace rt
