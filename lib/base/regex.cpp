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

Result<Regex> Regex::compile(const std::string& source, LetterCase letter_case) {
  auto compiled = std::make_shared<Compiled>();
  const int flags = letter_case == LetterCase::any ? REG_ICASE : 0;
  const int failed = regcomp(&compiled->regex, source.c_str(), REG_EXTENDED | REG_NOSUB | flags);
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

bool contains_bytes(std::string_view bytes, std::string_view text) {
  if (text.empty()) return true;
  return memmem(bytes.data(), bytes.size(), text.data(), text.size()) != nullptr;
}

}  // namespace rt
