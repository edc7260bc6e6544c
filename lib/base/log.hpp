#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace rt {

enum class LogLevel { quiet, normal, verbose, debug };

// One line a call on stderr, "program: text", when the level allows it. Texts from the network
// are made printable by the caller. Never on stdout. A stderr that nobody reads is not waited for:
// lines are then dropped and counted (see LogLines).
class Log {
 public:
  static void configure(std::string_view program, LogLevel level);
  static LogLevel level();
  static const std::string& program();

  static void warn(std::string_view text);  // shown unless quiet
  // Shown on a terminal, and with -v: for people who are watching.
  static void notice(std::string_view text);
  static bool shows_notices();
  static void info(std::string_view text);   // shown with -v
  static void debug(std::string_view text);  // shown with -vv
  static void error(std::string_view text);  // always shown
  // A line that is an interface (such as "listening URL"): always shown and without the name.
  static void ready(std::string_view line);

  // While it lives, every line of this thread but those of ready() begins with "name: ", behind the
  // program's own. The name must live as long.
  class About {
   public:
    explicit About(const std::string* name);
    ~About();
    About(const About&) = delete;
    About& operator=(const About&) = delete;

   private:
    const std::string* const before_;
  };

  // Lines that nobody read, ever.
  static std::uint64_t dropped();

  // Called before each line: what stands on the terminal's last line can be taken off. Empty: none.
  static void before_line(std::function<void()> hook);
};

}  // namespace rt
