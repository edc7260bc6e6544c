#include <algorithm>
#include <array>

#include "base/text.hpp"
#include "cli/help/compare_text.hpp"
#include "cli/help/generate.hpp"
#include "cli/help/generate_shell.hpp"
#include "cli/help/page.hpp"
#include "cli/mosquitto/table.hpp"
#include "cli/options/table.hpp"

// mdoc(7), as mandoc and groff take it.
namespace rt::cli {
namespace {

// The day of the text, which is part of the page: it must not change from build to build.
constexpr std::string_view kDate = "November 23, 2026";

constexpr std::array kPrograms = {Program::rtpoll, Program::rtsse, Program::rtws, Program::rtmqtt,
                                  Program::rtrelay};

std::string_view description_of(Program program) {
  switch (program) {
    case Program::rtpoll:
      return "subscribe, publish and serve by HTTP polling";
    case Program::rtsse:
      return "subscribe, publish and serve by Server-Sent Events";
    case Program::rtws:
      return "subscribe, publish and serve by WebSocket";
    case Program::rtmqtt:
      return "subscribe, publish and serve by MQTT";
    case Program::rtrelay:
      return "relay between polling, Server-Sent Events, WebSocket and MQTT";
  }
  return {};
}

std::string upper(std::string_view text) {
  std::string out;
  for (const char c : text) out += c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  return out;
}

bool is_upper(char c) {
  return c >= 'A' && c <= 'Z';
}

// The characters themselves, on every device: no hyphens for minus signs, no curly quotes.
std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '\\':
        out += "\\e";
        break;
      case '-':
        out += "\\-";
        break;
      case '\'':
        out += "\\(aq";
        break;
      case '`':
        out += "\\(ga";
        break;
      case '"':
        out += "\\(dq";
        break;
      case '^':
        out += "\\(ha";
        break;
      case '~':
        out += "\\(ti";
        break;
      default:
        out += c;
    }
  }
  return out;
}

// A line of text that is taken for no macro.
std::string text_line(std::string text) {
  if (!text.empty() && text[0] == '.') text.insert(0, "\\&");
  return text + "\n";
}

// "[HOST:]PORT": what is to be replaced, two capitals or more, in italics.
std::string form(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size();) {
    std::size_t end = i;
    while (end < text.size() && is_upper(text[end])) ++end;
    if (end - i > 1 || (end - i == 1 && text.size() == 1)) {
      out += "\\fI" + std::string(text.substr(i, end - i)) + "\\fR";
    } else {
      end = std::max(end, i + 1);
      out += escaped(text.substr(i, end - i));
    }
    i = end;
  }
  return out;
}

// "--long=10s." or "(--help)": the option as a macro, what is around it beside it.
std::string option_line(std::string_view word) {
  const std::size_t begin = word.find("--");
  std::size_t end = begin + 2;
  const auto of_name = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  };
  while (end < word.size() && of_name(word[end])) ++end;
  const std::string_view before = word.substr(0, begin);
  const std::string_view behind = word.substr(end);
  std::string out;
  if (!before.empty()) out += ".Pf " + escaped(before) + " ";
  out += (before.empty() ? "." : "") + std::string("Fl Fl ") +
         escaped(word.substr(begin + 2, end - begin - 2));
  if (behind.empty()) return out + "\n";
  const bool punctuation = behind.find_first_not_of(".,:;)") == std::string_view::npos;
  if (!punctuation) return out + " Ns " + escaped(behind) + "\n";
  for (const char c : behind) out += std::string(" ") + c;
  return out + "\n";
}

bool names_option(std::string_view word) {
  const std::size_t begin = word.find_first_not_of("([");
  const auto at = begin == std::string_view::npos ? std::string_view() : word.substr(begin);
  return at.size() > 2 && at.starts_with("--") && at[2] >= 'a' && at[2] <= 'z';
}

// Sentences: each begins a line, and options are marked up.
std::string paragraph(std::string_view text) {
  std::string out;
  std::string line;
  const auto flush = [&] {
    if (!line.empty()) out += text_line(std::move(line));
    line.clear();
  };
  for (const std::string_view word : split(text, ' ')) {
    if (names_option(word)) {
      flush();
      out += option_line(word);
      continue;
    }
    if (line.size() + word.size() > 75) flush();
    if (!line.empty()) line += ' ';
    line += escaped(word);
    if (word.ends_with('.') && !word.ends_with("..")) flush();
  }
  flush();
  return out;
}

std::string with_full_stop(std::string text) {
  if (!text.ends_with('.')) text += '.';
  return text;
}

std::string item(std::string_view term, std::string_view text) {
  return ".It " + form(term) + "\n" + paragraph(with_full_stop(std::string(text)));
}

std::string name_section(Program program) {
  const std::string name(name_of(program));
  return ".Sh NAME\n.Nm " + name + "\n.Nd " + std::string(description_of(program)) + "\n";
}

std::string synopsis(Program program) {
  const std::string name(name_of(program));
  std::string out = ".Sh SYNOPSIS\n";
  for (const Verb verb : verbs_of(program)) {
    out += ".Nm " + name + "\n";
    if (verb != Verb::relay) out += ".Cm " + std::string(name_of(verb)) + "\n";
    out += ".Op Ar OPTION ...\n";
    for (const std::string_view argument : split(arguments_of(program, verb), ' '))
      out += text_line(form(argument));
  }
  // The verb that may be left out and yet has a name.
  if (silent_verb(program) == Verb::pipe)
    out += ".Nm " + name + "\n.Op Ar OPTION ...\n" + text_line(form("URL"));
  return out;
}

std::string description(Program program, const std::vector<HelpSection>& help) {
  const std::string name(name_of(program));
  std::string out = ".Sh DESCRIPTION\n";
  for (const HelpSection& section : help) {
    if (section.title == "Usage") {
      out += ".Bl -tag -width Ds\n";
      const auto verbs = verbs_of(program);
      for (std::size_t i = 0; i < verbs.size(); ++i) {
        std::string term = command_of(program, verbs[i]) + " ";
        term += arguments_of(program, verbs[i]);
        out += item(term, section.entries[i].text);
      }
      out += ".El\n";
      out +=
          ".Pp\nWhat channels, ids, envelopes, framings and connections are, and what a hub\n"
          "answers, is explained in\n.Xr rtwire 7 .\n";
    } else if (section.title == "Arguments") {
      out += ".Ss Arguments\n.Bl -tag -width Ds\n";
      for (const HelpEntry& entry : section.entries) out += item(entry.term, entry.text);
      out += ".El\n";
    }
  }
  return out;
}

std::string option_head(const OptionRow& row) {
  std::string out = ".It";
  if (row.letter != '\0') out += std::string(" Fl ") + row.letter;
  if (row.letter != '\0' && !row.name.empty()) out += " ,";
  if (!row.name.empty()) out += " Fl Fl " + escaped(row.name);
  if (row.arity == Arity::optional_value) out += " Ns Oo = Ns Ar " + std::string(row.value) + " Oc";
  if (takes_value(row)) out += " Ar " + std::string(row.value);
  return out + "\n";
}

std::string option_item(const OptionRow& row, Program program) {
  const auto verbs = verbs_of(program);
  const OptionFacts facts = facts_of(row, program, {verbs.begin(), verbs.end()});
  std::string out = option_head(row) + paragraph(facts.text);
  if (const auto possible = choices_of(row, name_of(program)); !possible.empty()) {
    std::string choices;
    for (const std::string_view choice : split(possible, ' '))
      choices += (choices.empty() ? "" : ", ") + std::string(choice);
    out += paragraph("One of " + choices + ".");
  }
  if (!facts.default_value.empty()) out += paragraph("Default: " + facts.default_value + ".");
  if (!facts.variable.empty()) out += "Environment:\n.Ev " + facts.variable + " .\n";
  if (!facts.verbs.empty()) out += paragraph("Only with " + facts.verbs + ".");
  return out;
}

std::string options(Program program) {
  std::string out = ".Sh OPTIONS\n";
  for (std::size_t group = 0; group < kGroupCount; ++group) {
    std::string items;
    for (const OptionRow& row : option_table()) {
      if (row.group == static_cast<Group>(group) && applies(row, program))
        items += option_item(row, program);
    }
    if (items.empty()) continue;
    out += ".Ss " + std::string(title_of(static_cast<Group>(group))) + "\n.Bl -tag -width Ds\n" +
           items + ".El\n";
  }
  return out;
}

bool is_group(std::string_view title) {
  for (std::size_t group = 0; group < kGroupCount; ++group) {
    if (title == title_of(static_cast<Group>(group))) return true;
  }
  return false;
}

// What the help says besides: environment, exit codes.
std::string other_sections(const std::vector<HelpSection>& help) {
  std::string out;
  for (const HelpSection& section : help) {
    const bool elsewhere =
        section.title == "Examples" || section.title == "Usage" || section.title == "Arguments";
    if (elsewhere || is_group(section.title)) continue;
    out += ".Sh " + (section.title == "Exit codes" ? "EXIT STATUS" : upper(section.title)) +
           "\n.Bl -tag -width Ds\n";
    for (const HelpEntry& entry : section.entries) out += item(entry.term, entry.text);
    out += ".El\n";
  }
  return out;
}

// Letter by letter, which of these options are whose and what they do here.
std::string mosquitto_section(Program program) {
  if (program != Program::rtmqtt) return {};
  std::string out =
      ".Sh MOSQUITTO MODE\n" +
      paragraph(
          "After --mosquitto pub, sub or rr, as the first arguments, the program is "
          "mosquitto_pub, mosquitto_sub or mosquitto_rr 2.0.11: it reads their options, "
          "their files in ~/.config, prints what they print and ends with their exit codes. "
          "Errors of the connection are told in other words.") +
      ".Bd -literal -offset indent\nalias mosquitto_sub=\\(aqrtmqtt \\-\\-mosquitto sub\\(aq\n.Ed\n"
      ".Bl -tag -width Ds\n";
  constexpr std::pair<unsigned, std::string_view> kTools[] = {
      {kOfPub, "pub"}, {kOfSub, "sub"}, {kOfRr, "rr"}};
  for (const MosquittoRow& row : mosquitto_rows()) {
    std::string term(row.name);
    if (!row.longer.empty()) term += ", " + std::string(row.longer);
    if (!row.value.empty()) term += " " + std::string(row.value);
    std::string tools;
    for (const auto& [bit, name] : kTools)
      if ((row.tools & bit) != 0) tools += (tools.empty() ? "" : ", ") + std::string(name);
    if (row.tools == kOfAllTools) tools.clear();
    out += ".It Li " + escaped(term) + "\n" +
           paragraph(std::string(row.meaning) + "." + (tools.empty() ? "" : " [" + tools + "]"));
  }
  return out + ".El\n";
}

// What compare measures, says and writes.
std::string compare_section(Program program) {
  if (program != Program::rtrelay) return {};
  std::string out = ".Sh COMPARE\n";
  for (const std::string_view text : compare_paragraphs())
    out += (out.ends_with("COMPARE\n") ? "" : ".Pp\n") + paragraph(text);
  out += ".Pp\n" + paragraph("The object that --stats-json writes has these keys:") +
         ".Bl -tag -width Ds\n";
  for (const auto& [key, meaning] : compare_keys())
    out += ".It Li " + escaped(key) + "\n" + paragraph(with_full_stop(std::string(meaning)));
  return out + ".El\n";
}

std::string examples_section(Program program) {
  std::string out = ".Sh EXAMPLES\n";
  bool first = true;
  for (const Example& example : examples()) {
    if (example.program != program) continue;
    if (!first) out += ".Pp\n";
    first = false;
    out += paragraph(example.purpose) + ".Bd -literal -offset indent\n" +
           text_line(escaped(example.command)) + ".Ed\n";
  }
  return out;
}

std::string see_also(Program program) {
  std::string out = ".Sh SEE ALSO\n";
  std::vector<std::string> names;
  for (const Program other : kPrograms) {
    if (other != program) names.emplace_back(name_of(other));
  }
  std::sort(names.begin(), names.end());
  for (const std::string& name : names) out += ".Xr " + name + " 1 ,\n";
  return out + ".Xr rtwire 7\n";
}

}  // namespace

std::string generate_man(Program program) {
  const std::string name(name_of(program));
  const auto help = help_sections(program, std::nullopt, HelpDetail::full);
  return ".\\\" Printed by: " + name + " --generate man\n.Dd " + std::string(kDate) + "\n.Dt " +
         upper(name) + " 1\n.Os\n" + name_section(program) + synopsis(program) +
         description(program, help) + options(program) + other_sections(help) +
         mosquitto_section(program) + compare_section(program) + examples_section(program) +
         see_also(program);
}

}  // namespace rt::cli
