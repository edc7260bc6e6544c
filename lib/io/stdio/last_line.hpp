#pragma once

#include <functional>

namespace rt {

// What stands on the last line of the terminal, below all that has been written: figures (LiveLine)
// or a line that somebody types (EditedLines). Who writes to the terminal has it taken off first.
class LastLine {
 public:
  struct Owner {
    std::function<void()> take_off;
    std::function<void()> put_back;  // soon, not at once; empty: it comes again by itself
  };
  enum class Kind { figures, typed };

  // Figures give way: while a line is typed nothing else stands there.
  static bool is_free_for(Kind kind);
  static void set(Kind kind, Owner owner);
  static void reset(Kind kind);

  // Takes it off, for what is written within this turn of the loop.
  static void clear();

  // Something is on its way to the terminal until this ends: nothing is put back meanwhile.
  class Writing {
   public:
    Writing() = default;
    ~Writing() { end(); }
    Writing(const Writing&) = delete;
    Writing& operator=(const Writing&) = delete;
    // Takes it off, each time.
    void begin();
    void end();

   private:
    bool begun_ = false;
  };
  static bool is_written_over();
};

}  // namespace rt
