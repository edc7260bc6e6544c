#pragma once

#include <asio/awaitable.hpp>
#include <memory>
#include <string>

#include "base/result.hpp"
#include "io/loop/reactor.hpp"

namespace rt {

// Lines that somebody types on the terminal of stdin, edited there (see LineEditor), with a history
// (see TypedHistory). What else is written to the terminal stands above the line that is being
// typed (see LastLine). Ctrl-C and Ctrl-Z do what they always do; in the background it waits.
class EditedLines {
 public:
  // Null where lines cannot be edited: stdin is no terminal, neither stdout nor stderr is the same
  // one, it is dumb (TERM), or there is no editor. Else keys are no longer shown from now on; those
  // that have been typed already are taken by the first read().
  static std::unique_ptr<EditedLines> open(Reactor& reactor);
  // The terminal is as it was before.
  ~EditedLines();
  EditedLines(const EditedLines&) = delete;
  EditedLines& operator=(const EditedLines&) = delete;

  // Whole lines, each with its newline, as soon as there are some; empty at the end. The prompt
  // stands there from the first call on, and until the end keys are taken between calls, too.
  asio::awaitable<Result<std::string>> read();

 private:
  struct State;
  explicit EditedLines(std::shared_ptr<State> state);
  std::shared_ptr<State> state_;
};

}  // namespace rt
