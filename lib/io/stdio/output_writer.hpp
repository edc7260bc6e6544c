#pragma once

#include <asio/awaitable.hpp>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/result.hpp"
#include "io/loop/reactor.hpp"

namespace rt {

// What becomes of what a regular file held before.
enum class OldContent : std::uint8_t { kept, dropped };
// A file of one's own (-o) is written anew, and made again where it has been moved away, at SIGHUP
// at once, unless a terminal is there to hang up; what stdout was redirected to is the shell's.
inline OldContent old_content_for(int output_fd) {
  return output_fd == 1 ? OldContent::kept : OldContent::dropped;
}

// Where a file of one's own has been moved to another name: a new one is begun under the old name,
// or what comes goes after what it holds.
enum class WhenMoved : std::uint8_t { made_anew, followed };

// Bytes to a descriptor of any kind, in order. Small writes go out at once when they cannot block;
// what could block is written by a thread, in blocking mode.
class OutputWriter {
 public:
  // `name` is for errors: "stdout", or a path. A file that is to be made anew must have its path
  // for a name.
  OutputWriter(Reactor& reactor, int fd, std::string name,
               OldContent old_content = OldContent::kept, WhenMoved moved = WhenMoved::made_anew);
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

}  // namespace rt
