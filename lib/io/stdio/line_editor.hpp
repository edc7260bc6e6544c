#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace rt {

struct LineEditorOptions {
  std::string program;  // as ~/.editrc names it
  std::string prompt;   // ASCII
  int terminal = 0;     // whose special characters and size count; nothing is read or written there
  std::vector<std::string> history;  // the oldest first
  std::size_t most_history = 1000;   // lines
  // Called with each line that has ended, without its newline; true: it goes into the history.
  std::function<bool(std::string_view line)> on_line;
};

// The keys that somebody types become lines, edited and with a history as libedit does it (Emacs'
// keys or vi's, see editrc(5)). It touches no terminal: keys go in, what is to be drawn comes out,
// for a terminal on which nothing else has been written meanwhile.
class LineEditor {
 public:
  // Where the cursor may be after the terminal's size has changed: rows below the first of the
  // line, and the column, from 1 on. Some terminals break anew what they show, some keep it as it
  // was.
  struct Place {
    std::size_t row;
    std::size_t column;
  };
  struct Places {
    Place kept;
    Place broken_anew;
  };

  virtual ~LineEditor() = default;

  // What keys do, in UTF-8 unless the locale says otherwise; they may be cut anywhere. Returns what
  // is to be drawn. Without keys: the prompt, the first time.
  virtual std::string type(std::string_view keys) = 0;
  // The end of the input has been typed (Ctrl-D). Nothing that is typed after it counts.
  virtual bool ended() const = 0;

  // The rows of the terminal between the first of the line and the cursor.
  virtual std::size_t cursor_row() const = 0;
  // The line with its prompt and the cursor, for a cursor that stands at the beginning of an empty
  // row with nothing below it.
  virtual std::string draw() = 0;
  // What has been typed of a line that has not ended, as it would be sent.
  virtual std::string half_line() const = 0;
  // The terminal's size may have changed: to be drawn anew, from where the cursor is. Once more
  // before that: with what had been drawn at first.
  virtual Places resize() = 0;
};

// Null where there is no libedit, where ~/.editrc says "edit off", and for terminals that can do
// too little.
std::unique_ptr<LineEditor> make_line_editor(LineEditorOptions options);

}  // namespace rt
