#include "cli/help/page.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <utility>

#include "base/text.hpp"
#include "cli/command/parse.hpp"
#include "cli/options/table.hpp"
#include "model/endpoint.hpp"
#include "model/relay_endpoint.hpp"

using namespace rt;
using namespace rt::cli;

namespace {

constexpr std::array kPrograms = {Program::rtpoll, Program::rtsse, Program::rtws, Program::rtmqtt,
                                  Program::rtrelay};

std::string full(Program program, std::optional<Verb> verb, std::size_t columns = 80) {
  return render(help_sections(program, verb, HelpDetail::full), {columns});
}

std::string brief(Program program, std::optional<Verb> verb) {
  return render(help_sections(program, verb, HelpDetail::brief), {});
}

bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

// Without the line breaks that wrapping made.
std::string unwrapped(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c != ' ' && c != '\n') {
      out += c;
    } else if (!out.empty() && out.back() != ' ') {
      out += ' ';
    }
  }
  return out;
}

std::vector<std::optional<Verb>> scopes(Program program) {
  std::vector<std::optional<Verb>> all = {std::nullopt};
  for (const Verb verb : verbs_of(program)) all.emplace_back(verb);
  return all;
}

// The words of a shell command as far as the examples go: single quotes, and what belongs to
// another program or to a redirection left out.
std::vector<std::string> words_of(const Example& example) {
  std::string command(example.command);
  const std::string name(name_of(example.program));
  command.erase(0, command.find(name + " "));
  std::vector<std::string> words;
  std::string word;
  bool quoted = false;
  bool any = false;
  for (const char c : command + " ") {
    if (c == '\'') {
      quoted = !quoted;
      any = true;
    } else if (quoted || (c != ' ' && c != '<' && c != '|')) {
      word += c;
      any = true;
    } else if (c != ' ') {
      break;
    } else if (any) {
      words.push_back(std::exchange(word, {}));
      any = false;
    }
  }
  return words;
}

}  // namespace

TEST_CASE("every example is a command line that parses, of its program and verb") {
  for (const Example& example : examples()) {
    CAPTURE(example.command);
    const auto words = words_of(example);
    REQUIRE(words.size() >= 2);
    CHECK(words[0] == name_of(example.program));
    std::vector<const char*> argv;
    for (const std::string& word : words) argv.push_back(word.c_str());
    const auto result = parse(example.program, static_cast<int>(argv.size()), argv.data(), nullptr);
    if (const auto* error = std::get_if<Error>(&result)) FAIL(error->text());
    REQUIRE(std::holds_alternative<Options>(result));
    const Options& options = std::get<Options>(result);
    CHECK(options.verb == example.verb);
    switch (example.verb) {
      case Verb::serve:
        CHECK(parse_listen_address(options.listen).ok());
        break;
      case Verb::relay:
        for (const std::string& end : options.endpoints) CHECK(parse_relay_endpoint(end).ok());
        break;
      case Verb::run:
        CHECK(options.routes_file.ends_with(".toml"));
        break;
      case Verb::compare:
        CHECK(options.messages.empty());
        break;
      default:
        CHECK(parse_endpoint(options.url, transport_of(example.program)).ok());
    }
    CHECK(example.command.size() <= 76);
    CHECK(example.purpose.back() == ':');
  }
}

TEST_CASE("every program and verb has examples, and they come first") {
  for (const Program program : kPrograms) {
    for (const auto verb : scopes(program)) {
      CHECK(full(program, verb).starts_with("Examples:\n  "));
      const auto sections = help_sections(program, verb, HelpDetail::full);
      REQUIRE(sections.size() > 4);
      CHECK_FALSE(sections[0].entries.empty());
      CHECK(sections[1].title == "Usage");
      CHECK(sections[sections.size() - 2].title == "Environment");
      CHECK(sections.back().title == "Exit codes");
      CHECK(sections.back().entries.size() == 10);
      for (std::size_t code = 0; code < 10; ++code) {
        CHECK(sections.back().entries[code].term == std::to_string(code));
      }
      CHECK(brief(program, verb).starts_with("Usage:\n  "));
      for (const HelpSection& section : sections) CHECK_FALSE(section.entries.empty());
    }
  }
}

TEST_CASE("the help of a verb has its options and no others") {
  for (const Program program : kPrograms) {
    for (const auto verb : scopes(program)) {
      std::vector<std::string> terms;
      for (const auto& section : help_sections(program, verb, HelpDetail::full)) {
        if (section.layout != HelpLayout::stacked) continue;
        for (const auto& entry : section.entries) terms.push_back(entry.term);
      }
      for (const OptionRow& row : option_table()) {
        if (row.name.empty()) continue;
        CAPTURE(row.name);
        const bool expected = verb ? applies(row, program, *verb) : applies(row, program);
        const auto shown = std::count_if(terms.begin(), terms.end(), [&](const std::string& term) {
          const std::string spelling = spelling_of(row);
          const auto at = term.find(spelling);
          if (at == std::string::npos) return false;
          const auto behind = at + spelling.size();
          return behind == term.size() || term[behind] == ' ' || term[behind] == '[';
        });
        CHECK(shown == (expected ? 1 : 0));
      }
    }
  }
}

TEST_CASE("lines stay within the columns") {
  for (const Program program : kPrograms) {
    for (const auto verb : scopes(program)) {
      const std::string short_help = brief(program, verb);
      for (const auto line : split(short_help, '\n')) CHECK(line.size() <= 80);
      for (const std::size_t columns : {80u, 72u, 100u, 40u}) {
        const std::string text = full(program, verb, columns);
        for (const auto line : split(text, '\n')) {
          const bool example = line.starts_with("    ") && !line.starts_with("      ");
          CAPTURE(line);
          // On so narrow a terminal a term, or a word of a text, may be wider.
          const auto text_only = trim(line);
          const bool alone = columns == 40 && (!line.starts_with("       ") ||
                                               text_only.find(' ') == std::string_view::npos);
          if (!example && !alone) CHECK(line.size() <= columns);
          CHECK((line.empty() || line.back() != ' '));
        }
      }
    }
  }
}

TEST_CASE("the short help fits a page: examples, the common options, and where all are") {
  for (const Program program : kPrograms) {
    const std::string name(name_of(program));
    for (const auto verb : scopes(program)) {
      CAPTURE(command_of(program, verb));
      const std::string text = brief(program, verb);
      CHECK(std::count(text.begin(), text.end(), '\n') <= 50);
      CHECK(contains(text, command_of(program, verb) + " --help, man " + name));
      const auto sections = help_sections(program, verb, HelpDetail::brief);
      REQUIRE(sections.size() == 4);
      CHECK(sections[1].title == "Examples");
      CHECK(sections[1].entries.size() >= 1);
      CHECK(sections[1].entries.size() <= 4);
      std::size_t common = 0;
      for (const OptionRow& row : option_table()) {
        const auto verbs = verbs_of(program);
        const bool shown = std::any_of(verbs.begin(), verbs.end(), [&](Verb one) {
          // Theirs alone stands in their own help.
          const bool own = one == Verb::run || one == Verb::compare;
          return (verb ? one == *verb : !own) && is_common(row, program, one);
        });
        common += shown ? 1 : 0;
        if (shown) CHECK_MESSAGE(contains(text, row.summary), row.name);
      }
      CHECK(sections[2].entries.size() == common);
      CHECK(common >= 6);
    }
  }
  CHECK(contains(brief(Program::rtws, Verb::sub), "-n, --count N"));
  CHECK_FALSE(contains(brief(Program::rtws, Verb::sub), "--echo"));
  CHECK_FALSE(contains(brief(Program::rtws, std::nullopt), "--will-topic"));
}

TEST_CASE("only what a program and verb has is common there") {
  for (const OptionRow& row : option_table()) {
    for (const Program program : kPrograms) {
      for (const Verb verb : verbs_of(program)) {
        CAPTURE(row.name);
        if (is_common(row, program, verb)) CHECK(applies(row, program, verb));
      }
    }
  }
}

TEST_CASE("defaults, variables, verbs and conflicts are told") {
  const std::string sub = unwrapped(full(Program::rtpoll, Verb::sub));
  CHECK(contains(sub, "[default: 5s]"));
  CHECK(contains(sub, "[RT_INTERVAL]"));
  CHECK(contains(sub, "--long[=WAIT]"));
  CHECK(contains(sub, "Not together with --last."));
  CHECK_FALSE(contains(sub, "[sub, pipe]"));
  CHECK_FALSE(contains(sub, "--last-event-id"));
  CHECK(contains(unwrapped(full(Program::rtpoll, std::nullopt)), "[sub, pipe]"));
  CHECK(contains(unwrapped(full(Program::rtws, Verb::serve)), "[default: 256MiB]"));
  CHECK_FALSE(contains(full(Program::rtws, Verb::serve), "RT_PASSWORD"));
  CHECK(contains(sub, "8 The other side closed, and reconnecting was off or cannot help"));
}

TEST_CASE("the help of MQTT and of routes") {
  const std::string sub = unwrapped(full(Program::rtmqtt, Verb::sub));
  CHECK(contains(sub, "rtmqtt sub [OPTION...] URL..."));
  CHECK(contains(sub, "MQTT: --topic FILTER"));
  CHECK(contains(sub, "Needs --will-topic."));
  CHECK(contains(sub, "RT_PASSWORD"));
  CHECK(contains(sub, "NO_PROXY"));
  CHECK_FALSE(contains(sub, "--bus"));

  const std::string relay = unwrapped(full(Program::rtrelay, std::nullopt));
  CHECK(contains(relay, "rtrelay [OPTION...] FROM TO..."));
  CHECK(contains(relay, "Relay: --from ENDPOINT"));
  CHECK(contains(relay, "With serve it needs --bus."));
  CHECK(contains(relay, "serve+mqtt://[HOST]:PORT[/TOPIC]"));
  for (const char* command : {"rtrelay serve 8080 --bus mqtt://localhost",
                              "rtrelay --hub ws://localhost:8080/news mqtt://",
                              "rtrelay poll+https://", "rtrelay file:/tmp/app.log serve+http://"}) {
    CAPTURE(command);
    CHECK(contains(relay, command));
  }
  const std::string serve = unwrapped(full(Program::rtrelay, Verb::serve));
  CHECK(contains(serve, "Needs --bus."));
  CHECK_FALSE(contains(serve, "--both"));
}

TEST_CASE("tables") {
  const std::vector<HelpSection> sections = {
      {"A", HelpLayout::table, {{"x", "one two three four five six seven eight nine ten"}}},
      {"B", HelpLayout::table, {{"long", "z"}}},
      {"C", HelpLayout::stacked, {{"t", "text"}}},
      {"D", HelpLayout::example, {{"cmd", "Why:"}}}};
  CHECK(render(sections, {0}) ==
        "A:\n"
        "  x     one two three four five six\n"
        "        seven eight nine ten\n"
        "\nB:\n"
        "  long  z\n"
        "\nC:\n"
        "  t\n"
        "       text\n"
        "\nD:\n"
        "  Why:\n"
        "    cmd\n");
  CHECK(render({}, {}).empty());
  CHECK(render(sections, {0, true}) ==
        "\x1b[1mA:\x1b[0m\n"
        "  \x1b[36mx\x1b[0m     one two three four five six\n"
        "        seven eight nine ten\n"
        "\n\x1b[1mB:\x1b[0m\n"
        "  \x1b[36mlong\x1b[0m  z\n"
        "\n\x1b[1mC:\x1b[0m\n"
        "  \x1b[36mt\x1b[0m\n"
        "       text\n"
        "\n\x1b[1mD:\x1b[0m\n"
        "  Why:\n"
        "    \x1b[36mcmd\x1b[0m\n");
}
