#include "io/stdio/state_file.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <utility>

#include "base/text.hpp"

namespace rt {
namespace {

constexpr std::size_t kMostBytes = 4u << 20;
constexpr int kMostTries = 100;

// The system's number of what went wrong, or 0.
int write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t n = ::write(fd, text.data(), text.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return errno;
    text.remove_prefix(static_cast<std::size_t>(n));
  }
  return ::fsync(fd) == 0 ? 0 : errno;
}

// So that the new name lasts, too. Where a directory cannot be synced nothing is to be done.
void sync_directory(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  const std::string directory =
      slash == std::string::npos ? "." : path.substr(0, std::max<std::size_t>(slash, 1));
  const int fd = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return;
  (void)::fsync(fd);
  ::close(fd);
}

}  // namespace

Result<std::unique_ptr<StateFile>> StateFile::open(const std::string& path, std::string url) {
  std::unique_ptr<StateFile> file(new StateFile("--state " + printable(path), std::move(url)));
  if (Result<void> locked = file->lock(path); !locked) return locked.error();
  if (Result<void> read = file->read(); !read) return read.error();
  return file;
}

StateFile::~StateFile() {
  if (fd_ >= 0) ::close(fd_);
}

Error StateFile::failed(const char* what) const {
  return system_error(Fault::other, name_ + ": " + what, errno);
}

Result<void> StateFile::lock(const std::string& path) {
  for (int i = 0; i < kMostTries; ++i) {
    // Without waiting for the other end of a pipe.
    fd_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NONBLOCK, 0666);
    if (fd_ < 0) return failed("cannot open");
    struct stat ours {};
    if (::fstat(fd_, &ours) != 0) return failed("cannot look at it");
    if (!S_ISREG(ours.st_mode)) return Error(Fault::usage, name_ + ": is no regular file");
    if (::flock(fd_, LOCK_EX | LOCK_NB) != 0) {
      if (errno != EWOULDBLOCK) return failed("cannot lock");
      return Error(Fault::other, name_ + ": another run has it").with_hint("one run, one file");
    }
    // Another run may have put a new one in its place since it was opened.
    struct stat placed {};
    if (::stat(path.c_str(), &placed) == 0 && placed.st_ino == ours.st_ino &&
        placed.st_dev == ours.st_dev) {
      char* const real = ::realpath(path.c_str(), nullptr);
      if (real == nullptr) return failed("cannot look at it");
      path_ = real;
      ::free(real);
      return {};
    }
    ::close(std::exchange(fd_, -1));
  }
  return Error(Fault::other, name_ + ": another run has it").with_hint("one run, one file");
}

Result<void> StateFile::read() {
  std::string text(kMostBytes, '\0');
  std::size_t size = 0;
  while (size < text.size()) {
    const ssize_t n = ::read(fd_, text.data() + size, text.size() - size);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return failed("cannot read");
    if (n == 0) break;
    size += static_cast<std::size_t>(n);
  }
  text.resize(size);
  if (text.empty()) return {};
  auto saved = read_position(text);
  if (!saved)
    return Error(Fault::usage, name_ + ": is no state file, or is damaged")
        .with_hint("remove it to begin anew");
  if (saved->url != url_)
    return Error(Fault::usage, name_ + ": belongs to " + printable(saved->url))
        .with_hint("one URL, one file");
  found_ = std::move(saved->position);
  return {};
}

Result<void> StateFile::save(const Position& position) {
  return replace(write_position({url_, position}));
}

Result<void> StateFile::replace(const std::string& text) {
  const std::string fresh = path_ + ".new";
  struct stat old {};
  const mode_t mode = ::fstat(fd_, &old) == 0 ? old.st_mode & 0777 : 0600;
  const int fd = ::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, mode);
  if (fd < 0) return failed("cannot write");
  (void)::fchmod(fd, mode);
  // Locked before it is in place: nobody else can have it in between.
  int error = ::flock(fd, LOCK_EX | LOCK_NB) == 0 ? 0 : errno;
  if (error == 0) error = write_all(fd, text);
  if (error == 0 && ::rename(fresh.c_str(), path_.c_str()) != 0) error = errno;
  if (error != 0) {
    (void)::unlink(fresh.c_str());
    ::close(fd);
    errno = error;
    return failed("cannot write");
  }
  ::close(std::exchange(fd_, fd));
  sync_directory(path_);
  return {};
}

}  // namespace rt
