#pragma once

#include <cstddef>
#include <string>

namespace rt {

bool stderr_is_terminal();

// No more columns than that: what is longer is cut at its end. The text is ASCII.
std::string cut_to(std::string text, std::size_t columns);

// A line of figures on stderr that is shown again and again. On a terminal it is written over what
// stood there, never wraps, is taken off before any other line of Log, and is erased at the end.
// Where stderr is no terminal, each is a line of its own. It waits for nobody: what does not fit
// into a stopped terminal or a full pipe is left out, and a job in the background, which a terminal
// may stop for writing to it, shows nothing, and neither does one in which somebody types. One at a
// time.
class LiveLine {
 public:
  LiveLine();
  ~LiveLine();
  LiveLine(const LiveLine&) = delete;
  LiveLine& operator=(const LiveLine&) = delete;

  bool on_terminal() const { return terminal_; }
  // How many columns show() can fill now; without a terminal as many as you like.
  std::size_t columns() const;
  // ASCII, without a newline.
  void show(const std::string& text);
  // The last one, which stays.
  void finish(const std::string& text);

 private:
  static void clear();

  bool terminal_;
};

}  // namespace rt
