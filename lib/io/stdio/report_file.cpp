#include "io/stdio/report_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <utility>
#include <vector>

#include "base/text.hpp"

namespace rt {
namespace {

constexpr mode_t kMode = 0666;  // less the umask

Error unwritable(Fault fault, const std::string& path, int error_number) {
  return system_error(fault, printable(path) + ": cannot write", error_number);
}

// The number of a descriptor that the path stands for. Opened anew by its path it would be a file
// at its beginning, and no socket could be had.
std::optional<int> descriptor_of(std::string_view path) {
  if (path == "/dev/stdout") return STDOUT_FILENO;
  if (path == "/dev/stderr") return STDERR_FILENO;
  for (const std::string_view directory : {"/dev/fd/", "/proc/self/fd/"}) {
    if (!path.starts_with(directory)) continue;
    const auto number = parse_uint(path.substr(directory.size()));
    if (number && *number < 1'000'000) return static_cast<int>(*number);
  }
  return std::nullopt;
}

// Where a link leads to, though nothing may be there yet.
std::string target_of(const std::string& path) {
  std::string place = path;
  std::vector<char> text(4096);
  for (int links = 0; links < 40; ++links) {
    const ssize_t n = readlink(place.c_str(), text.data(), text.size());
    if (n <= 0 || static_cast<std::size_t>(n) == text.size()) break;
    const std::string target(text.data(), static_cast<std::size_t>(n));
    const std::size_t slash = place.rfind('/');
    place = target[0] == '/' || slash == std::string::npos ? target
                                                           : place.substr(0, slash + 1) + target;
  }
  return place;
}

// An empty file beside the path, with a name that nothing else has.
int make_beside(const std::string& path, std::string& name) {
  name = path + ".XXXXXX";
  const int fd = mkstemp(name.data());
  if (fd >= 0) fcntl(fd, F_SETFD, FD_CLOEXEC);
  return fd;
}

Result<void> write_all(int fd, const std::string& path, std::string_view content) {
  while (!content.empty()) {
    const ssize_t n = ::write(fd, content.data(), content.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return unwritable(Fault::other, path, errno);
    content.remove_prefix(static_cast<std::size_t>(n));
  }
  return {};
}

}  // namespace

Result<ReportFile> ReportFile::prepare(const std::string& path) {
  if (const auto number = descriptor_of(path)) {
    const int fd = fcntl(*number, F_DUPFD_CLOEXEC, 3);
    const int mode = fd < 0 ? -1 : fcntl(fd, F_GETFL) & O_ACCMODE;
    if (fd < 0) return unwritable(Fault::usage, path, errno);
    ReportFile file(path, fd);
    if (mode == O_RDONLY) return unwritable(Fault::usage, path, EBADF);
    return file;
  }
  struct stat info {};
  const bool exists = stat(path.c_str(), &info) == 0;
  if (!exists && errno != ENOENT) return unwritable(Fault::usage, path, errno);
  if (exists && S_ISDIR(info.st_mode)) return unwritable(Fault::usage, path, EISDIR);
  if (exists && !S_ISREG(info.st_mode)) {
    const int fd = open(path.c_str(), O_WRONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0) return unwritable(Fault::usage, path, errno);
    return ReportFile(path, fd);
  }
  // Who may not write to the file is not to replace it either.
  if (exists && access(path.c_str(), W_OK) != 0) return unwritable(Fault::usage, path, errno);
  std::string place = target_of(path);
  std::string name;
  const int fd = make_beside(place, name);
  if (fd < 0) return unwritable(Fault::usage, path, errno);
  close(fd);
  unlink(name.c_str());
  return ReportFile(std::move(place), -1);
}

ReportFile::ReportFile(ReportFile&& other) noexcept
    : path_(std::move(other.path_)), fd_(std::exchange(other.fd_, -1)) {}

ReportFile& ReportFile::operator=(ReportFile&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(fd_, other.fd_);
  return *this;
}

ReportFile::~ReportFile() {
  if (fd_ >= 0) close(fd_);
}

Result<void> ReportFile::write(std::string_view content) {
  if (fd_ >= 0) return write_all(fd_, path_, content);
  return replace(content);
}

Result<void> ReportFile::replace(std::string_view content) const {
  std::string name;
  const int fd = make_beside(path_, name);
  if (fd < 0) return unwritable(Fault::other, path_, errno);
  struct stat old {};
  mode_t mode = kMode;
  if (stat(path_.c_str(), &old) == 0) {
    mode = old.st_mode & 07777;
  } else {
    const mode_t mask = umask(0);
    umask(mask);
    mode &= ~mask;
  }
  Result<void> written = write_all(fd, path_, content);
  int failed = fchmod(fd, mode) == 0 ? 0 : errno;
  if (close(fd) != 0) failed = errno;
  if (written && failed == 0 && rename(name.c_str(), path_.c_str()) != 0) failed = errno;
  if (written && failed != 0) written = unwritable(Fault::other, path_, failed);
  if (!written) unlink(name.c_str());
  return written;
}

}  // namespace rt
