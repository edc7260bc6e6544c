#pragma once

#include <sys/stat.h>

#include <string>

#include "base/result.hpp"
#include "io/loop/descriptor.hpp"

namespace rt {

// The bytes of a file that grows, in blocking steps without a clock.
class FileFollower {
 public:
  FileFollower(std::string path, bool from_beginning)
      : path_(std::move(path)), from_beginning_(from_beginning) {}
  FileFollower(const FileFollower&) = delete;
  FileFollower& operator=(const FileFollower&) = delete;

  struct Step {
    std::string bytes;  // empty: nothing new, look again after a while
    // What follows begins a file: the bytes before were the last of another one, or of this one
    // before it was truncated.
    bool begins_anew = false;
    bool missing = false;    // there never was one
    bool truncated = false;  // begins_anew: it is the same file, and was truncated
  };
  // At most 256 KiB. Errors: it cannot be read.
  Result<Step> step();

 private:
  Result<bool> open_file();
  bool was_truncated();
  bool was_rewritten() const;
  Result<void> begin_anew(Step& out);
  void remember();
  bool was_replaced();
  Error failure() const;

  std::string path_;
  bool from_beginning_;
  bool first_ = true;
  bool seen_ = false;
  Descriptor fd_;
  std::string last_;  // bytes before the position, of a regular file
  bool regular_ = false;
  bool replaced_ = false;  // as of the last step; its writer may still have it open
};

}  // namespace rt
