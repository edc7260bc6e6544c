#pragma once

#include <sys/types.h>

#include <asio/awaitable.hpp>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "io/loop/reactor.hpp"

namespace rt {

struct ChildOptions {
  std::vector<std::string> arguments;  // the program first; looked for in PATH
  std::vector<std::pair<std::string, std::string>> environment;  // added to this process's own
  bool pipe_input = false;                                       // else /dev/null
  bool pipe_output = false;                                      // else this process's stdout
  bool pipe_errors = false;                                      // else this process's stderr
  // Bytes of data that it may have, as Linux counts them (RLIMIT_DATA); 0: no bound. Elsewhere
  // nobody looks at that.
  std::size_t memory = 0;
  // Files, and after them the empty directories that held them, that are removed when it has ended.
  std::vector<std::string> remove_afterwards;
};

// A program that runs beside this one, in a process group of its own, so that a terminal's Ctrl-C
// reaches it only through this process. It and what it has started in its group is ended (SIGTERM,
// after 3 s SIGKILL) when this object or this process is gone, by whatever death, SIGKILL included.
// Nothing of it is left behind as a zombie. It has no descriptor but 0, 1 and 2, and all signals as
// a new program expects them. SIGPIPE is ignored in this process from the first one on.
class ChildProcess {
 public:
  explicit ChildProcess(Reactor& reactor);
  // Ends it, without waiting.
  ~ChildProcess();
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  // Once. Errors: usage (the program cannot be found or executed), other (the system is out of
  // processes or descriptors).
  Result<void> start(ChildOptions options);
  // False before start() and when the program itself has ended.
  bool running() const;
  // Its number; 0 before start().
  pid_t process() const;

  // Bytes to its stdin; completes when the pipe has taken them. An error when it is closed there.
  // One call at a time, as for each of the reads.
  asio::awaitable<Result<void>> write(std::string_view bytes);
  void close_input();
  // Bytes that were written and that it has not read.
  std::size_t unread_input() const;
  // The next bytes of its stdout, or stderr; empty at the end.
  asio::awaitable<Result<std::string>> read_output();
  asio::awaitable<Result<std::string>> read_errors();

  // Completes when it has ended: the status as waitpid(2) gives it.
  asio::awaitable<int> wait();
  // To it and all that it has started in its group, also when it has ended itself.
  void signal(int number);
  // What the destructor does: ends it, without waiting.
  void end();

 private:
  struct State;
  std::shared_ptr<State> state_;
};

// For people: "exit status 3", "killed by SIGKILL".
std::string describe_exit(int status);

}  // namespace rt
