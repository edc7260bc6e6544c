#pragma once

#include <memory>
#include <string>

#include "base/result.hpp"
#include "codec/saved_position.hpp"

namespace rt {

// The file in which a run leaves how far it has got, for the next one. While this object lives no
// other run has it.
class StateFile {
 public:
  // Makes the file when there is none. Errors: usage (it is no such file, or another URL's), other
  // (another run has it, or the system does not let us).
  static Result<std::unique_ptr<StateFile>> open(const std::string& path, std::string url);
  ~StateFile();
  StateFile(const StateFile&) = delete;
  StateFile& operator=(const StateFile&) = delete;

  // As it was found; an empty one where nothing was.
  const Position& found() const { return found_; }
  // Puts it in the place of the old one, at once and for good: after a crash the file holds the one
  // or the other. Blocks.
  Result<void> save(const Position& position);

 private:
  StateFile(std::string name, std::string url) : name_(std::move(name)), url_(std::move(url)) {}
  Result<void> lock(const std::string& path);
  Result<void> read();
  Result<void> replace(const std::string& text);
  Error failed(const char* what) const;

  std::string name_;  // for people
  std::string url_;
  std::string path_;  // without symbolic links
  int fd_ = -1;       // of the file that is in place: the lock is on it
  Position found_;
};

}  // namespace rt
