#include "codec/netrc.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace rt {
namespace {

constexpr std::string_view kSpace = " \t\r\n";

// The words of a file, one after the other.
class Words {
 public:
  explicit Words(std::string_view text) : rest_(text) {}

  std::optional<std::string> next() {
    for (;;) {
      rest_.remove_prefix(std::min(rest_.find_first_not_of(kSpace), rest_.size()));
      if (rest_.empty()) return std::nullopt;
      if (rest_.front() != '#') break;
      rest_.remove_prefix(std::min(rest_.find('\n'), rest_.size()));
    }
    if (rest_.front() == '"') return quoted();
    const std::size_t end = std::min(rest_.find_first_of(kSpace), rest_.size());
    std::string word(rest_.substr(0, end));
    rest_.remove_prefix(end);
    return word;
  }

  // A macro ends with an empty line.
  void pass_macro() {
    std::size_t end = rest_.find("\n\n");
    end = std::min(end, rest_.find("\n\r\n"));
    rest_.remove_prefix(std::min(end, rest_.size()));
  }

 private:
  std::string quoted() {
    std::string word;
    std::size_t at = 1;
    for (; at < rest_.size() && rest_[at] != '"'; ++at) {
      if (rest_[at] != '\\' || at + 1 == rest_.size()) {
        word += rest_[at];
        continue;
      }
      const char c = rest_[++at];
      word += c == 'n' ? '\n' : c == 'r' ? '\r' : c == 't' ? '\t' : c;
    }
    rest_.remove_prefix(std::min(at + 1, rest_.size()));
    return word;
  }

  std::string_view rest_;
};

}  // namespace

std::optional<NetrcLogin> find_in_netrc(std::string_view text, std::string_view host,
                                        std::string_view user) {
  Words words(text);
  bool ours = false;
  bool has_password = false;
  NetrcLogin login;
  const auto found = [&] {
    return ours && has_password && (user.empty() || login.user == user || login.user.empty());
  };
  const auto begin = [&](bool for_host) {
    ours = for_host;
    has_password = false;
    login = {};
  };
  while (const auto word = words.next()) {
    const bool machine = *word == "machine";
    if (machine || *word == "default") {
      if (found()) break;
      begin(!machine);
      if (machine) ours = iequals(words.next().value_or(""), host);
    } else if (*word == "macdef") {
      words.pass_macro();
    } else if (*word == "login") {
      login.user = words.next().value_or("");
    } else if (*word == "password") {
      login.password = words.next().value_or("");
      has_password = true;
    } else if (*word == "account") {
      words.next();
    }
  }
  if (!found()) return std::nullopt;
  if (login.user.empty()) login.user = user;
  if (login.user.empty()) return std::nullopt;
  return login;
}

}  // namespace rt
