#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "io/loop/descriptor.hpp"

namespace rt {

// When a file is put aside (PATH.1, PATH.2 ...) for a new one.
struct FileRotation {
  std::uint64_t bytes = 0;  // before it would be longer than this; 0: never
  std::size_t files = 1;    // so many are kept aside, at least 1
};

// Appends to a regular file, in blocking calls.
class FileAppender {
 public:
  explicit FileAppender(std::string path, FileRotation rotation = {})
      : path_(std::move(path)), rotation_(rotation) {}

  // Makes it when it is missing. Errors: usage.
  Result<void> open();
  // False for a terminal, a pipe, a device: they cannot be written as a file is.
  bool regular() const { return regular_; }
  int fd() const { return fd_.get(); }
  void release() { (void)fd_.release(); }  // it stays open
  void close() { fd_.close(); }            // append() opens the path again

  // All of it or, unless another writer has appended meanwhile, nothing. Opens the path again when
  // it is no longer this file, and puts it aside first when it would be too long.
  Result<void> append(std::string_view bytes);
  // The last error was that there is no room: another time there may be.
  bool full() const { return full_; }

 private:
  bool is_still_there() const;
  bool too_long_with(std::size_t more) const;
  Result<void> put_aside();
  void take_back(std::size_t written);
  Error failure(Fault fault);

  std::string path_;
  FileRotation rotation_;
  Descriptor fd_;
  bool regular_ = false;
  bool full_ = false;
};

}  // namespace rt
