#pragma once

#include <asio/awaitable.hpp>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "io/reactor.hpp"

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

// What becomes of what a regular file held before.
enum class OldContent : std::uint8_t { kept, dropped };
// A file of one's own (-o) is written anew; what stdout was redirected to is the shell's.
inline OldContent old_content_for(int output_fd) {
  return output_fd == 1 ? OldContent::kept : OldContent::dropped;
}

// Bytes to a descriptor of any kind, in order. Small writes go out at once when they cannot block;
// what could block is written by a thread, in blocking mode.
class OutputWriter {
 public:
  // `name` is for errors: "stdout", or a path.
  OutputWriter(Reactor& reactor, int fd, std::string name,
               OldContent old_content = OldContent::kept);
  // Waits for nothing: see finish().
  ~OutputWriter();
  OutputWriter(const OutputWriter&) = delete;
  OutputWriter& operator=(const OutputWriter&) = delete;

  // Drops the old content where it is to go. The first write() does it, too: a program that fails
  // before it has anything to say leaves the file as it is.
  void begin();
  void write(std::string bytes);
  std::size_t pending() const;  // bytes that are not written yet

  // Called whenever pending() has shrunk, and when the output has failed or was closed.
  void on_progress(std::function<void()> callback);

  // Completes when at most `limit` bytes are pending, or when the output has failed.
  asio::awaitable<Result<void>> wait_below(std::size_t limit);
  asio::awaitable<Result<void>> finish() { return wait_below(0); }

  // The reader of a pipe or socket is gone: nothing can be written any more. Noticed while idle,
  // too. A normal end, not a failure.
  bool closed() const;
  // What went wrong, if something did (a full disk, say).
  Result<void> status() const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

// The error for a standard stream, or a file in its place, that cannot be used.
Error stream_error(std::string_view name, int error_number);

// Makes sure that descriptors 0, 1 and 2 are open, so that no socket takes their place, and that
// writing to a closed pipe is an error and not a signal. Call it first in main().
void prepare_standard_streams();

// How many bytes there are from where stdin stands to its end, when it is a regular file.
std::optional<std::uint64_t> stdin_bytes_left();
// True when stdin is a terminal.
bool stdin_is_terminal();
// The width of the terminal on stdout, or 80.
std::size_t terminal_columns();
// True when stdout is a terminal that is to show colours: not a dumb one, and NO_COLOR is not set
// (no-color.org).
bool stdout_has_colour();

}  // namespace rt
