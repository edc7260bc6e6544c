#include "io/mqtt/private_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

namespace rt {
namespace {

Error failure(const std::string& what) {
  return system_error(Fault::other, "cannot write " + what, errno);
}

}  // namespace

Result<void> PrivateFile::write(std::string_view text) {
  remove();
  const char* const base = std::getenv("TMPDIR");
  std::string name = std::string(base != nullptr && *base != '\0' ? base : "/tmp");
  name += "/rtwire-broker-XXXXXX";
  if (mkdtemp(name.data()) == nullptr) return failure(name);
  directory_ = name;
  path_ = directory_ + "/mosquitto.conf";
  const int fd = open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0) return failure(path_);
  const bool written = ::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  const int failed = written ? 0 : errno != 0 ? errno : ENOSPC;
  close(fd);
  errno = failed;
  return written ? Result<void>() : failure(path_);
}

void PrivateFile::remove() {
  if (directory_.empty()) return;
  unlink(path_.c_str());
  rmdir(directory_.c_str());
  directory_.clear();
}

}  // namespace rt
