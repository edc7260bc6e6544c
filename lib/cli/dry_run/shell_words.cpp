#include "cli/dry_run/shell_words.hpp"

#include <algorithm>
#include <array>

#include "base/text.hpp"
#include "cli/help/generate_shell.hpp"
#include "model/endpoint.hpp"

namespace rt::cli {
namespace {

bool is_plain(char c) {
  constexpr std::string_view kMarks = "_@%+=:,./-";
  const char lower = ascii_lower(c);
  return (lower >= 'a' && lower <= 'z') || (c >= '0' && c <= '9') ||
         kMarks.find(c) != std::string_view::npos;
}

// Whose value is no secret. Of all others one cannot know.
bool is_open(std::string_view header_name) {
  constexpr std::array<std::string_view, 12> kOpen = {
      "accept",     "accept-encoding", "accept-language", "cache-control",
      "origin",     "content-type",    "if-none-match",   "if-modified-since",
      "user-agent", "last-event-id",   "prefer",          "referer"};
  const std::string name = ascii_lower(header_name);
  return std::find(kOpen.begin(), kOpen.end(), name) != kOpen.end();
}

void note_variable(const std::string& variable, std::vector<std::string>& notes) {
  const std::string note = "Set " + variable + " first: what it stands for may be a secret.";
  if (std::find(notes.begin(), notes.end(), note) == notes.end()) notes.push_back(note);
}

}  // namespace

std::string shell_word(std::string_view text) {
  const bool plain = !text.empty() && std::all_of(text.begin(), text.end(), is_plain);
  return plain ? std::string(text) : sh_quoted(text);
}

std::string first_line_of(std::string_view path) {
  const std::string file = (path.starts_with('-') ? "./" : "") + std::string(path);
  return "\"$(head -n 1 " + shell_word(file) + ")\"";
}

std::string shell_variable(std::string_view name) {
  std::string out;
  for (const char c : name) {
    const char lower = ascii_lower(c);
    if (lower >= 'a' && lower <= 'z')
      out += static_cast<char>(lower - 'a' + 'A');
    else
      out += c >= '0' && c <= '9' ? c : '_';
  }
  if (out.empty() || (out.front() >= '0' && out.front() <= '9')) out.insert(0, 1, '_');
  return out;
}

std::string shell_header(const std::pair<std::string, std::string>& header,
                         std::vector<std::string>& notes) {
  const auto& [name, value] = header;
  // "Name:" would take the header away.
  if (value.empty()) return shell_word(name + ";");
  if (is_open(name)) return shell_word(name + ": " + value);
  const std::string variable = shell_variable(name);
  note_variable(variable, notes);
  return shell_word(name + ": ") + "\"$" + variable + "\"";
}

std::string shell_property(const std::pair<std::string, std::string>& property,
                           std::vector<std::string>& notes) {
  const auto& [name, value] = property;
  if (!names_secret_field(name)) return shell_word(value);
  const std::string variable = shell_variable(name);
  note_variable(variable, notes);
  return "\"$" + variable + "\"";
}

std::string shell_url(std::string_view url, std::vector<std::string>& notes) {
  std::string out;
  std::string plain;
  const auto close = [&] {
    if (!plain.empty()) out += shell_word(plain);
    plain.clear();
  };
  const std::size_t mark = url.find('?');
  plain = url.substr(0, mark);
  if (mark != std::string_view::npos) {
    char before = '?';
    for (const std::string_view part : split(url.substr(mark + 1), '&')) {
      const std::size_t equals = part.find('=');
      const std::string_view name = part.substr(0, equals);
      plain += before;
      before = '&';
      if (equals != std::string_view::npos && names_secret(name)) {
        plain.append(name).append("=");
        close();
        const std::string variable = shell_variable(name);
        note_variable(variable, notes);
        out += "\"$" + variable + "\"";
      } else {
        plain += part;
      }
    }
  }
  close();
  return out;
}

}  // namespace rt::cli
