#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace rt::cli {

// A word as sh reads it back: plain where nothing in it means more, else between single quotes.
std::string shell_word(std::string_view text);
// "$(head -n 1 FILE)", in double quotes.
std::string first_line_of(std::string_view path);
// A name for a shell variable: "X_API_KEY" for X-Api-Key.
std::string shell_variable(std::string_view name);

// A command in the making.
class ShellCommand {
 public:
  explicit ShellCommand(std::string_view program) : text_(program) {}

  ShellCommand& option(std::string_view name) { return raw(name); }
  ShellCommand& option(std::string_view name, std::string_view value) {
    return raw(name).raw(shell_word(value));
  }
  ShellCommand& word(std::string_view text) { return raw(shell_word(text)); }
  // What is a part of sh's language already.
  ShellCommand& raw(std::string_view text) {
    text_.append(" ").append(text);
    return *this;
  }

  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

// A header as "Name: value"; what may be a secret is "$NAME", and `notes` says so.
std::string shell_header(const std::pair<std::string, std::string>& header,
                         std::vector<std::string>& notes);
// A user property's value, or "$NAME" when it is named like a secret.
std::string shell_property(const std::pair<std::string, std::string>& property,
                           std::vector<std::string>& notes);
// A URL whose secret query values are "$NAME"s.
std::string shell_url(std::string_view url, std::vector<std::string>& notes);

}  // namespace rt::cli
