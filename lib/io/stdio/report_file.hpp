#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"

namespace rt {

// A small file that is written once, at the end of a run. A regular file, there already or not, is
// replaced as a whole: a reader sees the old content or the new one. Anything else (a pipe, a
// device, a descriptor such as /dev/fd/3 or /dev/stderr) is written to.
class ReportFile {
 public:
  // Finds out whether it can be written, without changing it. Errors (usage) say why not.
  static Result<ReportFile> prepare(const std::string& path);
  ReportFile(ReportFile&& other) noexcept;
  ReportFile& operator=(ReportFile&& other) noexcept;
  ~ReportFile();

  // Errors: other (a full disk, say). A regular file is then what it was before.
  Result<void> write(std::string_view content);

 private:
  ReportFile(std::string path, int fd) : path_(std::move(path)), fd_(fd) {}
  Result<void> replace(std::string_view content) const;

  std::string path_;  // of a regular file: what it leads to, when it is a link
  int fd_ = -1;       // of anything else
};

}  // namespace rt
