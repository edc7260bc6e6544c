#pragma once

#include <asio/awaitable.hpp>
#include <memory>
#include <string>

#include "base/result.hpp"
#include "io/loop/reactor.hpp"

namespace rt {

// Bytes from a descriptor of any kind: a terminal, pipe, socket, /dev/null or regular file. A
// thread of its own reads it in blocking mode, so that the descriptor's mode, which it shares with
// other processes, is never changed. The thread starts with the first read() and reads no more
// than 256 KiB ahead. A job in the background does not read the terminal: it waits until it is in
// the foreground.
class InputReader {
 public:
  // `name` is for errors.
  explicit InputReader(Reactor& reactor, int fd = 0, std::string name = "stdin");
  // Does not wait for input.
  ~InputReader();
  InputReader(const InputReader&) = delete;
  InputReader& operator=(const InputReader&) = delete;

  // The next bytes, as soon as there are some; empty at the end.
  asio::awaitable<Result<std::string>> read();

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace rt
