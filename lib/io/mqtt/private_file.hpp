#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"

namespace rt {

// A directory that only this user can enter, with one file, until it is told to remove both.
class PrivateFile {
 public:
  PrivateFile() = default;
  ~PrivateFile() { remove(); }
  PrivateFile(const PrivateFile&) = delete;
  PrivateFile& operator=(const PrivateFile&) = delete;

  // In the place of what was there before.
  Result<void> write(std::string_view text);
  void remove();

  const std::string& path() const { return path_; }
  const std::string& directory() const { return directory_; }

 private:
  std::string directory_;
  std::string path_;
};

}  // namespace rt
