#pragma once

#include <string>
#include <vector>

#include "cli/command/line.hpp"
#include "cli/options/end_kinds.hpp"

// Which of a relay's options are for one end alone.
namespace rt::cli {

// An option behind an end, and before the next one, is that end's alone if that end can have it;
// all else is for everybody.
struct SharedOut {
  std::vector<Occurrence> common;
  std::vector<std::vector<Occurrence>> own;  // of each end: --from, the arguments, --dead-letter
  bool any_own() const;
};

// `from` and `dead_letter`: what --from and --dead-letter (empty: none) name, whoever said it; like
// the line's positionals, from which the verb has been taken off, they are addresses, not names of
// the configuration file.
SharedOut share_out(const CommandLine& line, const std::vector<std::string>& from,
                    const std::string& dead_letter);

// Of `common` what an end used in these ways takes along: what it has of its own, and what that
// excludes, left out. Which of all messages are wanted is for the sources to say.
std::vector<Occurrence> common_of_end(const std::vector<Occurrence>& common,
                                      const std::vector<Occurrence>& own, EndWays ways);

}  // namespace rt::cli
