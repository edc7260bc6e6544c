#include "io/net/cookie_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <string_view>

#include "base/text.hpp"

namespace rt {
namespace {

constexpr std::size_t kMostBytes = 4u << 20;

std::string named(const std::string& path) {
  return "--cookie-jar " + printable(path);
}

// Without symbolic links: what is replaced is the file itself.
std::string real_path(const std::string& path) {
  char* const real = ::realpath(path.c_str(), nullptr);
  if (real == nullptr) return path;
  std::string out(real);
  ::free(real);
  return out;
}

// The system's number of what went wrong, or 0.
int write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t n = ::write(fd, text.data(), text.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return errno;
    text.remove_prefix(static_cast<std::size_t>(n));
  }
  return 0;
}

}  // namespace

Result<std::string> read_cookie_file(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0 && errno == ENOENT) return std::string();
  struct stat info {};
  if (fd < 0 || ::fstat(fd, &info) != 0)
    return system_error(Fault::usage, named(path) + ": cannot read", errno);
  std::string text;
  int failed = S_ISREG(info.st_mode) ? 0 : EINVAL;
  while (failed == 0 && text.size() < kMostBytes) {
    std::array<char, 16384> piece{};
    const ssize_t n = ::read(fd, piece.data(), piece.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) failed = errno;
    if (n <= 0) break;
    text.append(piece.data(), static_cast<std::size_t>(n));
  }
  ::close(fd);
  if (!S_ISREG(info.st_mode)) return Error(Fault::usage, named(path) + ": is no regular file");
  if (failed != 0) return system_error(Fault::usage, named(path) + ": cannot read", failed);
  return text;
}

Result<void> replace_cookie_file(const std::string& path, const std::string& text) {
  const std::string place = real_path(path);
  const std::string fresh = place + ".new";
  struct stat old {};
  const mode_t mode = ::stat(place.c_str(), &old) == 0 ? old.st_mode & 0777 : 0600;
  // One of somebody else's would hand the cookies to him.
  (void)::unlink(fresh.c_str());
  const int fd = ::open(fresh.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode);
  int failed = fd < 0 ? errno : 0;
  if (failed == 0) failed = write_all(fd, text);
  if (fd >= 0) ::close(fd);
  if (failed == 0 && ::rename(fresh.c_str(), place.c_str()) != 0) failed = errno;
  if (failed == 0) return {};
  if (fd >= 0) (void)::unlink(fresh.c_str());
  return system_error(Fault::other, named(path) + ": cannot write", failed);
}

}  // namespace rt
