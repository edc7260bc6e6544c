#include <algorithm>

#include "base/text.hpp"
#include "cli/help/page.hpp"

namespace rt::cli {
namespace {

constexpr std::size_t kNarrowest = 40;
constexpr std::size_t kWidest = 100;
constexpr std::size_t kIndent = 2;
constexpr std::size_t kStackedIndent = 7;
// A wider term gets a line of its own.
constexpr std::size_t kWidestTerm = 30;

// Appends the words of `text`, broken so that no line passes `columns`; the line already holds
// `used` characters, the next ones begin behind `indent` spaces.
void append_wrapped(std::string& out, std::string_view text, std::size_t used, std::size_t indent,
                    std::size_t columns) {
  bool first = true;
  for (const std::string_view word : split(text, ' ')) {
    if (word.empty()) continue;
    const std::size_t space = first ? 0 : 1;
    if (!first && used + space + word.size() > columns) {
      out += '\n';
      out.append(indent, ' ');
      used = indent;
    } else {
      out.append(space, ' ');
      used += space;
    }
    out += word;
    used += word.size();
    first = false;
  }
  out += '\n';
}

// Paints what is appended; no width counts its escape sequences.
class Painter {
 public:
  explicit Painter(bool colour) : colour_(colour) {}
  void title(std::string& out, std::string_view text) const { paint(out, "\x1b[1m", text); }
  void term(std::string& out, std::string_view text) const { paint(out, "\x1b[36m", text); }

 private:
  void paint(std::string& out, std::string_view begin, std::string_view text) const {
    if (colour_) out += begin;
    out += text;
    if (colour_) out += "\x1b[0m";
  }

  bool colour_;
};

// Where the texts of all tables begin, so that they stand below one another.
std::size_t table_indent(const std::vector<HelpSection>& sections, std::size_t columns) {
  std::size_t width = 0;
  for (const HelpSection& section : sections) {
    if (section.layout != HelpLayout::table) continue;
    for (const HelpEntry& entry : section.entries) {
      if (entry.term.size() <= kWidestTerm) width = std::max(width, entry.term.size());
    }
  }
  return std::min(kIndent + width + 2, columns / 2);
}

void append_table(std::string& out, const Painter& painter, const HelpSection& section,
                  std::size_t indent, std::size_t columns) {
  for (const HelpEntry& entry : section.entries) {
    out.append(kIndent, ' ');
    painter.term(out, entry.term);
    const std::size_t used = kIndent + entry.term.size();
    if (used + 2 > indent) {
      out += '\n';
      out.append(indent, ' ');
    } else {
      out.append(indent - used, ' ');
    }
    append_wrapped(out, entry.text, indent, indent, columns);
  }
}

void append_stacked(std::string& out, const Painter& painter, const HelpSection& section,
                    std::size_t columns) {
  for (const HelpEntry& entry : section.entries) {
    out.append(kIndent, ' ');
    painter.term(out, entry.term);
    out += '\n';
    out.append(kStackedIndent, ' ');
    append_wrapped(out, entry.text, kStackedIndent, kStackedIndent, columns);
  }
}

void append_examples(std::string& out, const Painter& painter, const HelpSection& section,
                     std::size_t columns) {
  for (const HelpEntry& entry : section.entries) {
    out.append(kIndent, ' ');
    append_wrapped(out, entry.text, kIndent, kIndent, columns);
    out.append(2 * kIndent, ' ');
    painter.term(out, entry.term);
    out += '\n';
  }
}

}  // namespace

std::string render(const std::vector<HelpSection>& sections, HelpStyle style) {
  const std::size_t columns = std::clamp(style.columns, kNarrowest, kWidest);
  const Painter painter(style.colour);
  const std::size_t indent = table_indent(sections, columns);
  std::string out;
  for (const HelpSection& section : sections) {
    if (!out.empty()) out += '\n';
    painter.title(out, section.title + ":");
    out += '\n';
    switch (section.layout) {
      case HelpLayout::table:
        append_table(out, painter, section, indent, columns);
        break;
      case HelpLayout::stacked:
        append_stacked(out, painter, section, columns);
        break;
      case HelpLayout::example:
        append_examples(out, painter, section, columns);
        break;
    }
  }
  return out;
}

}  // namespace rt::cli
