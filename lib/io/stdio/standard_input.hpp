#pragma once

#include <asio/awaitable.hpp>
#include <memory>
#include <string>

#include "base/result.hpp"
#include "codec/framing.hpp"
#include "io/loop/reactor.hpp"
#include "io/stdio/edited_lines.hpp"
#include "io/stdio/input_reader.hpp"

namespace rt {

// stdin as messages are read from it: what somebody types on a terminal is edited, line by line
// (see EditedLines), where a line is what it is about; all else is as InputReader has it.
class StandardInput {
 public:
  explicit StandardInput(Reactor& reactor) : reactor_(reactor), bytes_(reactor) {}

  // stdin will be read in that framing. Who types sees it from the first read() on, but what has
  // been typed before is not lost.
  void prepare(const Framing& framing);
  // The next bytes, as soon as there are some; empty at the end.
  asio::awaitable<Result<std::string>> read();

 private:
  Reactor& reactor_;
  InputReader bytes_;
  std::unique_ptr<EditedLines> lines_;
  bool prepared_ = false;
};

}  // namespace rt
