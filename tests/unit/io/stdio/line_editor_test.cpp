#include "io/stdio/line_editor.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <string>
#include <vector>

#include "io/loop/descriptor.hpp"

namespace rt {
namespace {

// A terminal to take the size from, and an environment in which no ~/.editrc counts.
struct Desk {
  Desk() : terminal(posix_openpt(O_RDWR | O_NOCTTY)) {
    REQUIRE(terminal.is_open());
    REQUIRE(grantpt(terminal.get()) == 0);
    REQUIRE(unlockpt(terminal.get()) == 0);
    set_size(20, 10);
    setenv("TERM", "xterm", 1);
    setenv("EDITRC", "/dev/null", 1);
  }
  void set_size(unsigned short columns, unsigned short rows) {
    winsize size{};
    size.ws_col = columns;
    size.ws_row = rows;
    REQUIRE(ioctl(terminal.get(), TIOCSWINSZ, &size) == 0);
  }
  std::unique_ptr<LineEditor> editor(std::vector<std::string> history = {}) {
    LineEditorOptions options;
    options.program = "rtws";
    options.prompt = "> ";
    options.terminal = terminal.get();
    options.history = std::move(history);
    options.on_line = [this](std::string_view line) {
      lines.emplace_back(line);
      return !line.starts_with("secret");
    };
    auto made = make_line_editor(std::move(options));
    if (made) made->type({});
    return made;
  }

  Descriptor terminal;
  std::vector<std::string> lines;
};

// Not in a build without libedit.
bool is_here() {
  Desk desk;
  return desk.editor() != nullptr;
}

const std::string kUp = "\x1b[A";
const std::string kLeft = "\x1b[D";

TEST_CASE("keys become lines, wherever they are cut") {
  if (!is_here()) return;
  struct Row {
    std::string keys;
    std::vector<std::string> lines;
  };
  const Row rows[] = {
      {"one\ntwo\n", {"one", "two"}},
      {"one\r", {"one"}},
      {"\n", {""}},
      {"ac" + kLeft + "b\n", {"abc"}},
      {"b\x01"
       "a\x05"
       "c\n",
       {"abc"}},
      {"abc" + kLeft + "\x0b\n", {"ab"}},
      {"abc\x15"
       "d\n",
       {"d"}},
      {"abc def\x17g\n", {"abc g"}},
      {"\xC3\xA4\xE6\xBC\xA2\xF0\x9F\x99\x82" + kLeft + "\x7F\n", {"\xC3\xA4\xF0\x9F\x99\x82"}},
      {"a\xFFz\xC3z\n", {"a\xEF\xBF\xBDz\xEF\xBF\xBDz"}},
      {"one\n" + kUp + "!\n", {"one", "one!"}},
      {"one\nsecret\n" + kUp + "\n", {"one", "secret", "one"}},
      {"one\ntwo\n\x12"
       "on\n",
       {"one", "two", "one"}},
      {"old\n" + kUp + kUp + "\n", {"old", "kept"}},
  };
  for (const Row& row : rows) {
    for (std::size_t cut = 0; cut <= row.keys.size(); ++cut) {
      CAPTURE(row.keys);
      CAPTURE(cut);
      Desk desk;
      const auto editor = desk.editor({"kept"});
      editor->type(std::string_view(row.keys).substr(0, cut));
      editor->type(std::string_view(row.keys).substr(cut));
      CHECK(desk.lines == row.lines);
      CHECK_FALSE(editor->ended());
    }
  }
}

TEST_CASE("the end is typed at an empty line only") {
  if (!is_here()) return;
  Desk desk;
  const auto editor = desk.editor();
  editor->type("a" + kLeft + "\x04");
  CHECK_FALSE(editor->ended());
  CHECK(editor->half_line().empty());
  editor->type("\x04more\n");
  CHECK(editor->ended());
  CHECK(desk.lines.empty());
}

TEST_CASE("where the cursor is, and what has been typed") {
  if (!is_here()) return;
  struct Row {
    std::string keys;
    std::size_t row;
    std::string half;
  };
  const std::string wide = "\xE6\xBC\xA2";
  std::string eight;
  for (int i = 0; i < 8; ++i) eight += wide;
  const Row rows[] = {
      {"", 0, ""},
      {std::string(17, 'x'), 0, std::string(17, 'x')},
      {std::string(18, 'x'), 1, std::string(18, 'x')},
      {std::string(18, 'x') + kLeft, 0, std::string(18, 'x')},
      {std::string(38, 'x'), 2, std::string(38, 'x')},
      {std::string(300, 'x'), 9, std::string(300, 'x')},
      {eight + "x", 0, eight + "x"},
      // It does not fit into the last column.
      {eight + "x" + wide, 1, eight + "x" + wide},
      {eight + "x" + wide + kLeft, 1, eight + "x" + wide},
      {"\t\t\t", 1, "\t\t\t"},
      // A search stands below the line.
      {"abc\n\x12"
       "b",
       0, "abc"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.keys);
    Desk desk;
    const auto editor = desk.editor();
    editor->type(row.keys);
    CHECK(editor->cursor_row() == row.row);
    CHECK(editor->half_line() == row.half);
    if (row.keys.size() > 40) continue;
    const std::string drawn = editor->draw();
    CHECK(drawn.find('>') != std::string::npos);
  }
}

TEST_CASE("where the cursor may be after a change of size") {
  if (!is_here()) return;
  struct Row {
    unsigned short columns;
    std::size_t kept_row, kept_column, broken_row, broken_column, row;
  };
  // 47 cells, in rows of 20.
  const Row rows[] = {
      {20, 2, 8, 2, 8, 2},  {10, 2, 8, 4, 8, 4}, {5, 2, 5, 9, 3, 9},
      {12, 2, 8, 3, 12, 3}, {40, 2, 8, 1, 8, 1}, {80, 2, 8, 0, 48, 0},
  };
  for (const Row& row : rows) {
    CAPTURE(row.columns);
    Desk desk;
    const auto editor = desk.editor();
    editor->type(std::string(45, 'x'));
    REQUIRE(editor->cursor_row() == 2);
    // By way of another size.
    for (const unsigned short columns :
         {row.columns, static_cast<unsigned short>(33), row.columns}) {
      desk.set_size(columns, 10);
      const LineEditor::Places places = editor->resize();
      if (columns != row.columns) continue;
      CHECK(places.kept.row == row.kept_row);
      CHECK(places.kept.column == row.kept_column);
      CHECK(places.broken_anew.row == row.broken_row);
      CHECK(places.broken_anew.column == row.broken_column);
      CHECK(editor->cursor_row() == row.row);
    }
    editor->draw();
    CHECK(editor->resize().kept.row == editor->cursor_row());
  }
}

TEST_CASE("terminals that can do too little have no editor") {
  if (!is_here()) return;
  for (const char* const kind : {"dumb", "unknown-to-everybody", "emacs"}) {
    Desk desk;
    setenv("TERM", kind, 1);
    CHECK(desk.editor() == nullptr);
  }
}

}  // namespace
}  // namespace rt
