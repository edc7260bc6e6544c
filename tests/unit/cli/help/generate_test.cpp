#include "cli/help/generate.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <set>
#include <variant>

#include "base/text.hpp"
#include "cli/command/parse.hpp"
#include "cli/help/generate_shell.hpp"
#include "model/endpoint.hpp"
#include "model/relay_endpoint.hpp"
#include "unit/cli/command_lines.hpp"

using namespace rt;
using namespace rt::cli;

namespace {

constexpr std::array kPrograms = {Program::rtpoll, Program::rtsse, Program::rtws, Program::rtmqtt,
                                  Program::rtrelay};
constexpr std::array kFaces = {Face::man, Face::bash, Face::zsh, Face::fish};

// Without what marks a text up in the face.
std::string plain(std::string text, Face face) {
  if (face == Face::man) {
    for (const auto& [from, to] : {std::pair{"\\-", "-"},
                                   {"\\(aq", "'"},
                                   {"\\(dq", "\""},
                                   {"\\e", "\\"},
                                   {".Fl Fl ", "--"},
                                   {"Fl Fl ", "--"},
                                   {"\\(ha", "^"},
                                   {"\n", " "}})
      replace_all(text, from, to);
  }
  if (face == Face::zsh) {
    replace_all(text, "'\\''", "'");
    for (const char c : {':', '[', ']'}) replace_all(text, std::string{'\\', c}, std::string{c});
  }
  if (face == Face::fish) replace_all(text, "\\'", "'");
  return text;
}

}  // namespace

TEST_CASE("the names of the faces are theirs") {
  CHECK(face_named("man") == Face::man);
  CHECK(face_named("bash") == Face::bash);
  CHECK(face_named("zsh") == Face::zsh);
  CHECK(face_named("fish") == Face::fish);
  for (const char* name : {"", "Man", "ba", "bash zsh", " man"}) CHECK_FALSE(face_named(name));
}

TEST_CASE("--generate needs no verb, and wins over what is missing or wrong") {
  for (const Strings& line :
       {Strings{"rtws", "--generate", "fish"}, Strings{"rtws", "--generate=fish", "sub"},
        Strings{"rtws", "serve", "--history", "x", "--generate", "fish", "--bogus"}}) {
    const auto result = outcome(line, {{"RT_HISTORY", "many"}});
    REQUIRE(std::holds_alternative<TextToPrint>(result));
    CHECK(std::get<TextToPrint>(result).text == generate(Program::rtws, Face::fish));
  }
  CHECK(refused({"rtws", "--generate", "tcsh"}) ==
        "--generate tcsh: must be man, bash, zsh or fish (rtws --help)");
  CHECK(refused({"rtws", "sub", "--generate", ""}) ==
        "--generate '': must be man, bash, zsh or fish (rtws sub --help)");
  CHECK(refused({"rtws", "--generate"}) == "--generate needs a value: --generate FORMAT");
}

TEST_CASE("every face is ASCII in whole lines") {
  for (const Program program : kPrograms) {
    for (const Face face : kFaces) {
      const std::string text = generate(program, face);
      CAPTURE(text);
      REQUIRE_FALSE(text.empty());
      CHECK(text.back() == '\n');
      CHECK(std::all_of(text.begin(), text.end(), [](char c) {
        return c == '\n' || (static_cast<unsigned char>(c) >= 0x20 && c != 0x7f &&
                             static_cast<unsigned char>(c) < 0x80);
      }));
      CHECK(text.find(" \n") == std::string::npos);
    }
  }
}

TEST_CASE("every face has every option of its program, and no other") {
  for (const Program program : kPrograms) {
    for (const Face face : kFaces) {
      const std::string text = plain(generate(program, face), face);
      for (const OptionRow& row : option_table()) {
        const std::string name =
            face == Face::fish ? "-l " + std::string(row.name) + " " : "--" + std::string(row.name);
        CAPTURE(name);
        CAPTURE(static_cast<int>(face));
        CAPTURE(name_of(program));
        // Texts of one option name another; a summary is an option's own.
        const bool shown = face == Face::bash ? contains(text, name + " ") || contains(text, name)
                                              : contains(text, row.summary);
        if (applies(row, program)) {
          CHECK(shown);
          if (!row.name.empty()) CHECK(contains(text, name));
        } else if (face == Face::fish) {
          CHECK_FALSE(contains(text, name));
        } else if (face == Face::bash) {
          CHECK_FALSE(contains(text, name + " |"));
        }
      }
    }
  }
}

TEST_CASE("the table says what values can be, and means it") {
  for (const OptionRow& row : option_table()) {
    CAPTURE(spelling_of(row));
    CHECK((row.value == "FILE") == (row.completes == Completes::file));
    CHECK((row.value == "ENDPOINT") == (row.completes == Completes::endpoint));
    CHECK((row.choices.empty() || row.completes == Completes::nothing));
    if (row.choices.empty()) continue;
    CHECK(takes_value(row));
    if (row.binding.apply == nullptr) continue;
    Options options;
    for (const std::string_view choice : split(row.choices, ' '))
      CHECK(row.binding.apply(options, choice) == "");
    for (const char* other : {"", "6", "x", "-1", "3.1"})
      CHECK(row.binding.apply(options, other) != "");
  }
  CHECK(find_option("qos")->choices == "0 1 2");
  CHECK(choices_of(*find_option("protocol"), "rtmqtt") == "3.1.1 5");
  CHECK(choices_of(*find_option("protocol"), "rtws").empty());
  CHECK(find_option("data")->completes == Completes::file_behind_at);
}

TEST_CASE("words are quoted for each shell") {
  const struct {
    const char* text;
    const char* sh;
    const char* fish;
  } kRows[] = {
      {"", "''", "''"},
      {"a b", "'a b'", "'a b'"},
      {"it's", "'it'\\''s'", "'it\\'s'"},
      {"\\n $(x) \"`", "'\\n $(x) \"`'", "'\\\\n $(x) \"`'"},
  };
  for (const auto& row : kRows) {
    CHECK(sh_quoted(row.text) == row.sh);
    CHECK(fish_quoted(row.text) == row.fish);
  }
}

TEST_CASE("what an address is offered to begin with, it can begin with") {
  for (const Beginning& beginning : endpoint_beginnings()) {
    CAPTURE(beginning.text);
    CHECK_FALSE(beginning.what.empty());
    const bool listens = beginning.text.starts_with("serve+");
    const std::string rest = beginning.text == "-" ? "" : listens ? ":80" : "h/x";
    CHECK(parse_relay_endpoint(beginning.text + rest));
  }
  CHECK(endpoint_beginnings().size() == 18);

  for (const auto& [program, transport, expected] :
       {std::tuple{Program::rtpoll, Transport::poll, Strings{"http://", "https://"}},
        {Program::rtsse, Transport::sse, Strings{"http://", "https://"}},
        {Program::rtws, Transport::ws, Strings{"ws://", "wss://"}},
        {Program::rtmqtt, Transport::mqtt,
         Strings{"mqtt://", "mqtts://", "mqtt+ws://", "mqtt+wss://"}}}) {
    Strings offered;
    for (const Beginning& beginning : url_beginnings(program)) {
      CHECK(parse_endpoint(beginning.text + "h/x", transport));
      offered.push_back(beginning.text);
    }
    CHECK(offered == expected);
  }
}

TEST_CASE("where addresses stand") {
  const auto places = [](Program program) {
    return joined(places_of(program, Positional::url), " ") + "|" +
           joined(places_of(program, Positional::endpoint), " ");
  };
  CHECK(places(Program::rtws) == "sub:0 pub:0 pipe:0|");
  CHECK(places(Program::rtmqtt) == "sub:* pub:0 pipe:0 rpc:0|");
  CHECK(places(Program::rtrelay) == "|relay:0 relay:*");
}

TEST_CASE("the script that asks a hub can stand between single quotes in every shell") {
  CHECK(channels_script().find('\'') == std::string_view::npos);
  CHECK(channels_script().find("\\\\") == std::string_view::npos);
}

TEST_CASE("bash completions use nothing that bash 3.2 lacks") {
  for (const Program program : kPrograms) {
    const std::string text = generate_bash(program);
    for (const char* newer : {"mapfile", "readarray", "declare -", "local -n", "local -A", "coproc",
                              "&>>", "|&", ",,}", "^^}", "[-1]", "printf -v", ";&", "_init_comp"})
      CHECK_FALSE(contains(text, newer));
    // An option of a completion under way can be changed since bash 4.
    for (const std::string_view line : split(text, '\n')) {
      if (line.find("compopt") != std::string_view::npos) CHECK(line.ends_with(" 2>/dev/null"));
    }
  }
}

TEST_CASE("man pages have nothing on their lines that could be taken for a macro") {
  const std::set<std::string_view> kMacros = {".Dd", ".Dt", ".Os", ".Sh", ".Ss", ".Nm",  ".Nd",
                                              ".Cm", ".Op", ".Bl", ".It", ".El", ".Pp",  ".Xr",
                                              ".Fl", ".Pf", ".Ev", ".Bd", ".Ed", ".\\\""};
  for (const Program program : kPrograms) {
    const std::string page = generate_man(program);
    for (const std::string_view line : split(page, '\n')) {
      CAPTURE(line);
      if (line.starts_with(".")) CHECK(kMacros.count(split(line, ' ').front()) == 1);
      CHECK_FALSE(line.starts_with("'"));
      CHECK(line.find_first_of("'`^~") == std::string_view::npos);
    }
    for (const char* title : {"NAME", "SYNOPSIS", "DESCRIPTION", "OPTIONS", "ENVIRONMENT",
                              "EXIT STATUS", "EXAMPLES", "SEE ALSO"})
      CHECK(contains(page, "\n.Sh " + std::string(title) + "\n"));
    for (const Example& example : examples()) {
      if (example.program == program) CHECK(contains(plain(page, Face::man), example.command));
    }
  }
}
