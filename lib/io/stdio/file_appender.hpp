#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"

namespace rt {

// Appends to a regular file, in blocking calls.
class FileAppender {
 public:
  explicit FileAppender(std::string path) : path_(std::move(path)) {}
  ~FileAppender();
  FileAppender(const FileAppender&) = delete;
  FileAppender& operator=(const FileAppender&) = delete;

  // Makes it when it is missing. Errors: usage.
  Result<void> open();
  // False for a terminal, a pipe, a device: they cannot be written as a file is.
  bool regular() const { return regular_; }
  int fd() const { return fd_; }
  void release() { fd_ = -1; }  // it stays open

  // All of it or, unless another writer has appended meanwhile, nothing. Opens the path again when
  // it is no longer this file.
  Result<void> append(std::string_view bytes);

 private:
  bool is_still_there() const;
  void close_file();
  void take_back(std::size_t written);
  Error failure(Fault fault) const;

  std::string path_;
  int fd_ = -1;
  bool regular_ = false;
};

}  // namespace rt
