#include "cli/dry_run/parts.hpp"

#include "base/text.hpp"
#include "cli/dry_run/shell_words.hpp"

namespace rt::cli {

EqualCommand no_command(std::string why) {
  return {{}, {}, {std::move(why)}};
}

EqualLogin login_of(const Options& options, const Endpoint& endpoint, const DryRunFacts& facts) {
  const bool of_url = options.user.empty();
  EqualLogin login{of_url ? endpoint.user : options.user};
  if (of_url && endpoint.has_password) return login;
  if (!options.password) login.file = options.password_file;
  login.variable = facts.password_is_variable;
  return login;
}

std::string login_word(const EqualLogin& login) {
  return shell_word(login.user + ":") +
         (login.file.empty() ? "\"$RT_PASSWORD\"" : first_line_of(login.file));
}

void note_password(const EqualLogin& login, std::vector<std::string>& notes) {
  if (login.file.empty() && !login.variable)
    notes.emplace_back("Set RT_PASSWORD to the password first.");
}

std::string bearer_word(const Options& options, const DryRunFacts& facts,
                        std::vector<std::string>& notes) {
  if (!options.bearer.empty()) {
    if (!facts.bearer_is_variable) notes.emplace_back("Set RT_BEARER to the token first.");
    return "\"Authorization: Bearer $RT_BEARER\"";
  }
  if (options.bearer_file.empty()) return {};
  return "'Authorization: Bearer '" + first_line_of(options.bearer_file);
}

std::string started_url(std::string url, const Options& options) {
  const char before = url.find('?') == std::string::npos ? '?' : '&';
  if (options.since) url += before + ("since=" + percent_encode(*options.since));
  if (options.last) url += before + ("last=" + std::to_string(*options.last));
  return url;
}

std::string redirection_of(const Options& options) {
  const bool file = !options.output.empty() && options.output != "-";
  return file ? " > " + shell_word(options.output) : std::string();
}

}  // namespace rt::cli
