#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace rt {

// False for lines that a history leaves out: empty ones, and those that begin with a blank.
bool belongs_to_history(std::string_view line);
// True for lines that seem to have a secret in them: a password, a token, a key. Names decide, not
// values.
bool may_be_secret(std::string_view line);

// Where the lines that are typed into a program are kept: $RT_TYPED_HISTORY, which is a file's name
// or empty, or else PROGRAM_history in $XDG_STATE_HOME/rtwire, or in ~/.local/state/rtwire. Empty:
// nowhere, as where there is no home directory or it is somebody else's.
std::string typed_history_path(std::string_view program);

// Lines that were typed, kept in a file of the user's alone, the latest kMost of them. Programs
// that run at the same time add to it in turn. What cannot be read or written is not kept; nobody
// is told.
class TypedHistory {
 public:
  static constexpr std::size_t kMost = 1000;
  static constexpr std::size_t kLongest = 8192;  // bytes of a line; longer ones are not kept

  // An empty path: nothing is kept.
  explicit TypedHistory(std::string path) : path_(std::move(path)) {}

  // The oldest first. Where the file has grown much too long, it is cut.
  std::vector<std::string> load();
  // Unless it may be secret, is too long, or was the last one.
  void add(std::string_view line);

 private:
  std::string path_;
  std::string last_;
};

}  // namespace rt
