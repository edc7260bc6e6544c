#include "cli/command/habits.hpp"

#include <algorithm>
#include <functional>
#include <iterator>

#include "base/text.hpp"
#include "cli/config/config.hpp"

namespace rt::cli {
namespace {

// An option without a value of its own, and what stands at once behind it: the rest of its word,
// or the next one.
struct Seen {
  const OptionRow& row;
  std::string_view behind;
  std::size_t words;  // arguments that are no options before it, the verb among them
};
using Visit = std::function<void(const Seen&)>;

const OptionRow* option_with_letter(Program program, char letter) {
  for (const OptionRow& row : option_table()) {
    if (row.letter == letter && applies(row, program)) return &row;
  }
  return nullptr;
}

// Calls `visit` for each option without a value. True when the word's option takes the next word.
bool look_at_word(Program program, std::string_view word, std::string_view next, std::size_t words,
                  const Visit& visit) {
  if (word.starts_with("--")) {
    const OptionRow* row = find_option(word.substr(2));
    if (row == nullptr || !applies(*row, program)) return false;
    if (takes_value(*row)) return true;
    visit({*row, next, words});
    return false;
  }
  for (std::size_t i = 1; i < word.size(); ++i) {
    const OptionRow* row = option_with_letter(program, word[i]);
    const bool last = i + 1 == word.size();
    if (row == nullptr) return false;
    if (takes_value(*row)) return last;
    visit({*row, last ? next : word.substr(i + 1), words});
  }
  return false;
}

void look_at_options(Program program, const std::vector<std::string>& arguments,
                     const Visit& visit) {
  std::size_t words = 0;
  for (std::size_t i = 0; i < arguments.size() && arguments[i] != "--"; ++i) {
    const std::string& word = arguments[i];
    const bool option = word.size() > 1 && word.front() == '-';
    if (!option) ++words;
    const std::string_view next = i + 1 < arguments.size() ? arguments[i + 1] : std::string_view();
    if (option && look_at_word(program, word, next, words, visit)) ++i;
  }
}

bool is_number(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

bool is_digit_at(std::string_view text, std::size_t at) {
  return at < text.size() && is_number(text.substr(at, 1));
}

}  // namespace

std::optional<std::string> other_meaning(Program program, std::optional<Verb> verb,
                                         const std::vector<std::string>& arguments) {
  if (program != Program::rtmqtt || verb == Verb::serve) return std::nullopt;
  std::optional<std::string> instead;
  look_at_options(program, arguments, [&](const Seen& seen) {
    if (instead || !is_number(seen.behind)) return;
    const std::string number(seen.behind);
    if (seen.row.name == "quiet" && number.size() == 1 && number <= "2")
      instead = "-q is --quiet: for the QoS write --qos " + number;
    // Behind the URL of pub it is a message.
    if (seen.row.name == "insecure" && (verb != Verb::pub || seen.words < 2))
      instead = "-k is --insecure: for the keep alive write --keepalive " + number + "s";
  });
  return instead;
}

std::optional<std::string> other_version(Program program,
                                         const std::vector<std::string>& arguments) {
  if (program != Program::rtmqtt) return std::nullopt;
  std::optional<std::string> instead;
  look_at_options(program, arguments, [&](const Seen& seen) {
    if (seen.row.name != "version") return;
    std::string name = ascii_lower(seen.behind);
    if (name.starts_with("mqttv")) name.erase(0, 5);
    const std::string shown = "-V is --version: for the version of MQTT write --protocol ";
    if (name == "5") instead = shown + "5";
    if (name == "31" || name == "311" || name == "3.1.1") instead = shown + "3.1.1";
  });
  return instead;
}

std::optional<std::string> detached_value(Program program,
                                          const std::vector<std::string>& arguments) {
  std::optional<std::string> instead;
  look_at_options(program, arguments, [&](const Seen& seen) {
    const OptionRow& row = seen.row;
    if (row.arity != Arity::optional_value || seen.behind.empty()) return;
    Options scratch;
    const bool fits = row.binding.apply(scratch, seen.behind).empty();
    // Where any text fits, it is not known what was meant.
    if (!fits || row.binding.apply(scratch, "localhost/x").empty()) return;
    instead = "the value of " + spelling_of(row) + " follows an equals sign: write " +
              spelling_of(row) + "=" + printable(seen.behind);
  });
  return instead;
}

std::optional<std::string> unwanted_value(Program program, std::optional<Verb> verb,
                                          const CommandLine& line) {
  if (line.positionals.size() < 2) return std::nullopt;
  const std::string& first = line.positionals.front();
  const bool json = first.starts_with('{') || first.starts_with("[{") || first.starts_with("[\"");
  const bool quantity = is_digit_at(first, 0) && first.find_first_of(".:/") == std::string::npos;
  if (!json && !quantity) return std::nullopt;
  std::optional<std::string> instead;
  look_at_options(program, line.arguments, [&](const Seen& seen) {
    const OptionRow& row = seen.row;
    const bool plain = row.arity == Arity::flag || row.arity == Arity::counted;
    if (instead || !plain || seen.behind.data() == nullptr || seen.behind != first) return;
    if (json && row.name == "json" && verb == Verb::pub)
      instead =
          "--json takes no value: to send JSON write URL -d JSON --content-type "
          "application/json";
    if (!json && is_plainly_address(line.positionals[1]))
      instead = spelling_of(row) + " takes no value: leave out " + printable(first);
  });
  return instead;
}

std::optional<std::string> equals_behind_letter(const CommandLine& line) {
  for (const Occurrence& option : line.options) {
    const OptionRow& row = *option.row;
    if (row.letter == '\0' || !takes_value(row) || !option.value->starts_with('=')) continue;
    const std::string letter{'-', row.letter};
    const auto& all = line.arguments;
    if (std::find(all.begin(), all.end(), letter + *option.value) == all.end()) continue;
    Options scratch;
    if (row.binding.apply(scratch, *option.value).empty()) continue;
    if (!row.binding.apply(scratch, option.value->substr(1)).empty()) continue;
    return "the value of " + letter + " follows without an equals sign: write " + letter + " " +
           std::string(row.value);
  }
  return std::nullopt;
}

bool is_listener(std::string_view text) {
  constexpr std::string_view kListeners[] = {
      "ws-l:", "ws-listen:", "l-ws:", "listen-ws:", "tcp-l:"};
  return std::any_of(std::begin(kListeners), std::end(kListeners),
                     [&](std::string_view listener) { return text.starts_with(listener); });
}

bool is_plainly_address(std::string_view text) {
  if (text.find_first_of(" \t\n") != std::string_view::npos) return false;
  if (text.find("://") != std::string_view::npos) return true;
  if (text.starts_with(':')) return is_digit_at(text, 1);
  constexpr std::string_view kLocal = "localhost";
  if (text.starts_with(kLocal))
    return text.size() == kLocal.size() || text[kLocal.size()] == ':' || text[kLocal.size()] == '/';
  const std::string_view host = text.substr(0, text.find('/'));
  const std::size_t colon = host.find(':');
  return host.find('.') != std::string_view::npos && colon != std::string_view::npos &&
         is_digit_at(host, colon + 1);
}

std::optional<std::string> swallowed_url(const CommandLine& line) {
  const auto last = std::find_if(line.options.rbegin(), line.options.rend(),
                                 [](const Occurrence& option) { return takes_value(*option.row); });
  if (last == line.options.rend() || takes_endpoint(*last->row)) return std::nullopt;
  const OptionRow& row = *last->row;
  const std::string& value = *last->value;
  const bool named = is_named(value) && row.completes != Completes::file_behind_at;
  if (!named && !is_plainly_address(value)) return std::nullopt;
  const bool open = row.secret == Secret::no && (named || value.find('@') == std::string::npos);
  std::string spelling = spelling_of(row);
  for (const std::string& argument : line.arguments) {
    if (row.letter != '\0' && argument == std::string{'-', row.letter}) spelling = argument;
  }
  return spelling + " took " + (open ? printable(value) : "the URL") +
         " as its value, and no URL is left: write " + spelling + " " + std::string(row.value) +
         " URL";
}

}  // namespace rt::cli
