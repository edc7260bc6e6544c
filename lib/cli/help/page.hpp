#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cli/help/style.hpp"
#include "cli/options/options.hpp"

namespace rt::cli {

enum class HelpDetail : std::uint8_t {
  brief,  // -h: how to call it, few examples, and one line for each of the common options
  full,   // --help: examples first, everything
};

// A command that works as it stands, and what it is for.
struct Example {
  Program program;
  Verb verb;
  std::string_view purpose;
  std::string_view command;
};
std::span<const Example> examples();

// The help before it is laid out: what is a title, a term or a text is still known, so that a
// terminal can paint them and a man page can mark them up.
enum class HelpLayout : std::uint8_t {
  table,    // the term, and its text to the right of it
  stacked,  // the term, and its text below it
  example,  // the text, and the term below it, never broken into lines
};
struct HelpEntry {
  std::string term;
  std::string text;
};
struct HelpSection {
  std::string title;
  HelpLayout layout = HelpLayout::table;
  std::vector<HelpEntry> entries;
};

// What a reader is told of an option of some verbs of a program, part by part.
struct OptionFacts {
  std::string text;           // whole sentences
  std::string verbs;          // those that have it, "sub, pipe"; empty when all of them have
  std::string default_value;  // empty when there is none to show
  std::string variable;       // empty when the environment is not read
};
struct OptionRow;
OptionFacts facts_of(const OptionRow& row, Program program, const std::vector<Verb>& verbs);

// The help of one verb, or of the whole program.
std::vector<HelpSection> help_sections(Program program, std::optional<Verb> verb,
                                       HelpDetail detail);

// Plain text whose lines are at most `columns` long, unless a term alone is longer. Fewer than 40
// columns count as 40, more than 100 as 100. With colour, titles and terms are painted.
std::string render(const std::vector<HelpSection>& sections, HelpStyle style);

// "rtws 0.1.0 (rtwire)" and the licence, two lines.
std::string version_text(Program program);

}  // namespace rt::cli
