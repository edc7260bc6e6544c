#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "io/loop/reactor.hpp"

namespace rt {

struct CommandOptions {
  std::vector<std::string> words;      // the program first; looked for in PATH, once
  std::size_t jobs = 1;                // that may run at a time
  std::string_view dropped_variables;  // those of this process's own that begin so
  // Bytes of each run's stdout that are kept for `Ended`; absent: it has this process's own.
  std::optional<std::size_t> most_output = {};
};

// What a run has written to stdout until its end, where that was to be kept.
struct CommandOutput {
  std::string bytes;
  bool whole = true;  // false: there was more
};

// The bytes of one run's stdin, kept alive by whoever owns them.
using CommandInput = std::shared_ptr<const std::string>;

// Runs one command again and again, a plain fork and exec each time. Each run has its bytes on
// stdin, stdout (unless that is kept) and stderr of this process, no other descriptor, all signals
// as a new program expects them, and a process group of its own, so that a terminal's Ctrl-C
// reaches it only through this process. Those that run when this object or this process is gone, by
// whatever death, are ended (SIGTERM, after 3 s SIGKILL): one small process watches for it.
class CommandRunner {
 public:
  // How a run has ended: its status as waitpid(2) gives it, or why it could not be executed. Never
  // called inside start().
  using Ended =
      std::function<void(std::uint64_t ticket, const Result<int>& status, CommandOutput output)>;

  CommandRunner(Reactor& reactor, CommandOptions options, Ended ended);
  ~CommandRunner();
  CommandRunner(const CommandRunner&) = delete;
  CommandRunner& operator=(const CommandRunner&) = delete;

  // Once, before all else. Errors: usage (there is no such program), other.
  Result<void> begin();
  // An error (other): the system is out of processes or descriptors just now.
  Result<void> start(std::uint64_t ticket, CommandInput input,
                     const std::vector<std::pair<std::string, std::string>>& environment);
  std::size_t running() const;
  // To all that run, and to what they have started in their groups.
  void signal(int number);

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace rt
