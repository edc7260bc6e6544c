#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"
#include "io/loop/descriptor.hpp"

namespace rt {

// Appends to a regular file, in blocking calls.
class FileAppender {
 public:
  explicit FileAppender(std::string path) : path_(std::move(path)) {}

  // Makes it when it is missing. Errors: usage.
  Result<void> open();
  // False for a terminal, a pipe, a device: they cannot be written as a file is.
  bool regular() const { return regular_; }
  int fd() const { return fd_.get(); }
  void release() { (void)fd_.release(); }  // it stays open

  // All of it or, unless another writer has appended meanwhile, nothing. Opens the path again when
  // it is no longer this file.
  Result<void> append(std::string_view bytes);

 private:
  bool is_still_there() const;
  void take_back(std::size_t written);
  Error failure(Fault fault) const;

  std::string path_;
  Descriptor fd_;
  bool regular_ = false;
};

}  // namespace rt
